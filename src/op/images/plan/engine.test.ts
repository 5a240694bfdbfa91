import { describe, expect, it } from 'vitest';
import type { Artifact, BuildpacksArtifact, DockerArtifact } from '../skaffold/artifact.js';
import { type Around, chooseEngine, type Engine } from './engine.js';

const nothing: Around = {
  daemon: false,
  buildkit: undefined,
  place: { why: 'buildpacks need a place, and there is none' },
  mirrors: [],
  attest: [],
  platforms: [],
  machine: 'linux/amd64',
};
const buildkit = (origin: string) => ({ address: 'tcp://buildkitd:1234', tls: undefined, origin });
const inPod = (builder: string): Around['place'] => ({ kind: 'container', directory: '/builder', builder });

const bare: Artifact = {
  image: 'web',
  requires: [],
  builder: 'custom',
  context: '/source/web',
  docker: undefined,
  buildpacks: undefined,
  platforms: [],
  onlySkaffold: [],
  elsewhere: undefined,
};
const dockerArtifact: DockerArtifact = {
  dockerfile: 'Dockerfile',
  target: undefined,
  buildArgs: {},
  secrets: [],
  ssh: undefined,
  network: undefined,
  addHosts: [],
  cacheFrom: [],
  noCache: false,
  pull: false,
};
const buildpacksArtifact: BuildpacksArtifact = {
  builder: 'acme/builder:1',
  runImage: undefined,
  env: [],
  buildpacks: [],
  projectDescriptor: 'project.toml',
  clearCache: false,
};
const dockerfile: Artifact = { ...bare, builder: 'docker', docker: dockerArtifact };
const buildpacks: Artifact = { ...bare, builder: 'buildpacks', buildpacks: buildpacksArtifact };
const squashed: Artifact = { ...dockerfile, onlySkaffold: ['docker.squash'] };

type Case = [string, Artifact, Engine | 'auto', Partial<Around>, Engine | undefined, string];

describe('the engine', () => {
  it.each<Case>([
    ['of a custom builder', bare, 'auto', {}, 'skaffold', 'its builder custom needs no Docker daemon'],
    [
      'of a custom builder whatever is asked',
      bare,
      'buildkit',
      {},
      'skaffold',
      'its builder custom needs no Docker daemon',
    ],
    ['of a Dockerfile where nothing is', dockerfile, 'auto', {}, undefined, 'neither answers'],
    ['of a Dockerfile with a daemon', dockerfile, 'auto', { daemon: true }, 'skaffold', 'a Docker daemon answers'],
    [
      'of a Dockerfile with a named BuildKit, also beside a daemon',
      dockerfile,
      'auto',
      { daemon: true, buildkit: buildkit('BUILDKIT_HOST') },
      'buildkit',
      'BUILDKIT_HOST names tcp://buildkitd:1234',
    ],
    [
      'of a Dockerfile with a daemon beside a BuildKit that nobody named',
      dockerfile,
      'auto',
      { daemon: true, buildkit: buildkit('the usual socket') },
      'skaffold',
      'a Docker daemon answers',
    ],
    [
      'of a Dockerfile with a BuildKit that nobody named',
      dockerfile,
      'auto',
      { buildkit: buildkit('the usual socket') },
      'buildkit',
      'the usual socket',
    ],
    [
      'of a Dockerfile for which BuildKit is asked and is not there',
      dockerfile,
      'buildkit',
      { daemon: true },
      undefined,
      'no BuildKit is configured',
    ],
    [
      'of a Dockerfile for which Skaffold is asked without a daemon',
      dockerfile,
      'skaffold',
      { buildkit: buildkit('x') },
      undefined,
      'none answers',
    ],
    [
      'of a Dockerfile with squash',
      squashed,
      'auto',
      { buildkit: buildkit('x') },
      undefined,
      'docker.squash is for Skaffold alone',
    ],
    [
      'of a Dockerfile with squash and a daemon',
      squashed,
      'auto',
      { daemon: true, buildkit: buildkit('x') },
      'skaffold',
      'docker.squash is for Skaffold alone',
    ],
    [
      'of a Dockerfile that Google Cloud Build builds',
      { ...dockerfile, elsewhere: 'googleCloudBuild' },
      'auto',
      {},
      'skaffold',
      'build.googleCloudBuild',
    ],
    ['of buildpacks where nothing is', buildpacks, 'auto', {}, undefined, 'buildpacks need a place'],
    [
      'of buildpacks in the pod of their builder',
      buildpacks,
      'auto',
      { place: inPod('acme/builder:1') },
      'lifecycle',
      'in the container of acme/builder:1',
    ],
    [
      'of buildpacks for another platform',
      buildpacks,
      'auto',
      { platforms: ['linux/amd64', 'linux/arm64'], place: inPod('acme/builder:1') },
      undefined,
      'linux/amd64, and not for linux/arm64',
    ],
    [
      'of buildpacks for the platform that they run on',
      { ...buildpacks, platforms: ['linux/amd64'] },
      'auto',
      { place: inPod('acme/builder:1') },
      'lifecycle',
      'in the container of',
    ],
    [
      'of buildpacks in the pod of another builder',
      buildpacks,
      'auto',
      { place: inPod('acme/other') },
      undefined,
      'the builder of this pod is acme/other',
    ],
    [
      'of buildpacks in the pod of their builder from a mirror, by digest',
      buildpacks,
      'auto',
      {
        place: inPod(`mirror.example.com/hub/acme/builder:1@sha256:${'0'.repeat(64)}`),
        mirrors: [{ host: 'docker.io', mirror: 'mirror.example.com/hub' }],
      },
      'lifecycle',
      'in the container of',
    ],
    [
      'of buildpacks on a machine',
      buildpacks,
      'auto',
      { daemon: true, place: { kind: 'namespaces', cache: '/c' } },
      'lifecycle',
      'in namespaces',
    ],
    ['of buildpacks with pack', buildpacks, 'auto', { daemon: true, place: { kind: 'pack' } }, 'pack', 'pack is here'],
    [
      'of buildpacks for which pack is asked and is not there',
      buildpacks,
      'pack',
      { place: { kind: 'namespaces', cache: '/c' } },
      undefined,
      'no Docker daemon answers, and pack needs both',
    ],
    [
      'of buildpacks with nothing but a daemon',
      buildpacks,
      'auto',
      { daemon: true },
      'skaffold',
      'a Docker daemon answers',
    ],
    [
      'of buildpacks for which Skaffold is asked',
      buildpacks,
      'skaffold',
      { daemon: true, place: { kind: 'pack' } },
      'skaffold',
      '--engine',
    ],
  ])('%s', (_, artifact, wanted, around, engine, why) => {
    const choice = chooseEngine(artifact, wanted, { ...nothing, ...around });
    expect(choice.engine).toBe(engine);
    expect(choice.why).toContain(why);
    if (choice.engine === undefined) expect(choice.hint).not.toBe('');
  });
});
