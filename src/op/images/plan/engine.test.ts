import { describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import type { Artifact, BuildpacksArtifact, DockerArtifact } from '../skaffold/artifact.js';
import { type Builders, chooseEngine, type Engine } from './engine.js';
import { warnOfEngine } from './plan.js';

const nothing: Builders = {
  daemon: false,
  skaffold: true,
  buildkit: undefined,
  place: { why: 'buildpacks need a place to run' },
  mirrors: [],
  attest: [],
  platforms: [],
  machine: 'linux/amd64',
};
const buildkit = (origin: string) => ({ address: 'tcp://buildkitd:1234', tls: undefined, origin });
const inPod = (builder: string): Builders['place'] => ({ kind: 'container', directory: '/builder', builder });

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
const commanded: Artifact = { ...bare, buildCommand: 'sh build.sh' };
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

type Case = [string, Artifact, Parameters<typeof chooseEngine>[1], Partial<Builders>, Engine | undefined, string];

describe('the engine', () => {
  it.each<Case>([
    ['of a custom builder', bare, 'auto', {}, 'skaffold', 'its builder custom needs no Docker daemon'],
    [
      'of a known build command, with Skaffold',
      commanded,
      'auto',
      {},
      'skaffold',
      'its builder custom needs no Docker',
    ],
    [
      'of a known build command, without Skaffold',
      commanded,
      'auto',
      { skaffold: false },
      'custom',
      'op runs its build',
    ],
    ['of a known build command, if Skaffold is wanted', commanded, 'skaffold', { skaffold: false }, 'skaffold', 'its'],
    ['of an unknown build command, without Skaffold', bare, 'auto', { skaffold: false }, 'skaffold', 'its builder'],
    [
      'of a custom builder, whatever engine is requested',
      bare,
      'buildkit',
      {},
      'skaffold',
      'its builder custom needs no Docker daemon',
    ],
    ['of a Dockerfile where nothing can build it', dockerfile, 'auto', {}, undefined, 'neither answers'],
    ['of a Dockerfile with a daemon', dockerfile, 'auto', { daemon: true }, 'skaffold', 'a Docker daemon answers'],
    [
      'of a Dockerfile with a configured BuildKit, even with a daemon',
      dockerfile,
      'auto',
      { daemon: true, buildkit: buildkit('BUILDKIT_HOST') },
      'buildkit',
      'BUILDKIT_HOST names tcp://buildkitd:1234',
    ],
    [
      'of a Dockerfile with a daemon and a BuildKit that is not configured',
      dockerfile,
      'auto',
      { daemon: true, buildkit: buildkit('the usual socket') },
      'skaffold',
      'a Docker daemon answers',
    ],
    [
      'of a Dockerfile with a BuildKit that is not configured',
      dockerfile,
      'auto',
      { buildkit: buildkit('the usual socket') },
      'buildkit',
      'the usual socket',
    ],
    [
      'of a Dockerfile when BuildKit is requested and not found',
      dockerfile,
      'buildkit',
      { daemon: true },
      undefined,
      'no BuildKit is configured',
    ],
    [
      'of a Dockerfile when Skaffold is requested without a daemon',
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
      'docker.squash works only with Skaffold',
    ],
    [
      'of a Dockerfile with squash and a daemon',
      squashed,
      'auto',
      { daemon: true, buildkit: buildkit('x') },
      'skaffold',
      'docker.squash works only with Skaffold',
    ],
    [
      'of a Dockerfile that Google Cloud Build builds',
      { ...dockerfile, elsewhere: 'googleCloudBuild' },
      'auto',
      {},
      'skaffold',
      'build.googleCloudBuild',
    ],
    ['of buildpacks where nothing can run them', buildpacks, 'auto', {}, undefined, 'buildpacks need a place to run'],
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
      'linux/amd64, not for linux/arm64',
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
    [
      'of buildpacks with pack',
      buildpacks,
      'auto',
      { daemon: true, place: { kind: 'pack' } },
      'pack',
      'pack is installed',
    ],
    [
      'of buildpacks when pack is requested and not found',
      buildpacks,
      'pack',
      { place: { kind: 'namespaces', cache: '/c' } },
      undefined,
      'no Docker daemon answers: the engine pack needs both',
    ],
    ['of buildpacks with only a daemon', buildpacks, 'auto', { daemon: true }, 'skaffold', 'a Docker daemon answers'],
    [
      'of buildpacks when Skaffold is requested',
      buildpacks,
      'skaffold',
      { daemon: true, place: { kind: 'pack' } },
      'skaffold',
      '--engine',
    ],
  ])('%s', (_, artifact, wanted, builders, engine, why) => {
    const choice = chooseEngine(artifact, wanted, { ...nothing, ...builders });
    expect(choice.engine).toBe(engine);
    expect(choice.why).toContain(why);
    if (choice.engine === undefined) expect(choice.hint).not.toBe('');
  });
});

describe('an engine that is asked for', () => {
  it.each<[string, Artifact, Parameters<typeof chooseEngine>[1], Partial<Builders>, string]>([
    [
      'a custom builder',
      bare,
      'buildkit',
      {},
      'its builder custom needs no Docker daemon; --engine=buildkit does not apply',
    ],
    [
      'a builder elsewhere',
      { ...dockerfile, elsewhere: 'cluster' },
      'buildkit',
      { buildkit: buildkit('--buildkit-host') },
      'build.cluster builds it; --engine=buildkit does not apply',
    ],
    [
      'a Dockerfile with a setting of Skaffold',
      squashed,
      'buildkit',
      { daemon: true, buildkit: buildkit('--buildkit-host') },
      'docker.squash works only with Skaffold, and a Docker daemon answers; --engine=buildkit does not apply',
    ],
    [
      'a Dockerfile, for the lifecycle',
      dockerfile,
      'lifecycle',
      { buildkit: buildkit('--buildkit-host') },
      '--buildkit-host names tcp://buildkitd:1234; --engine=lifecycle does not apply',
    ],
    [
      'buildpacks, for BuildKit',
      buildpacks,
      'buildkit',
      { place: { kind: 'namespaces', cache: '/c' } },
      'in namespaces of this machine; --engine=buildkit does not apply',
    ],
    ['a Dockerfile, for BuildKit', dockerfile, 'buildkit', { buildkit: buildkit('the usual socket') }, '--engine'],
  ])('says why it does not build %s', (_, artifact, wanted, builders, why) => {
    expect(chooseEngine(artifact, wanted, { ...nothing, ...builders }).why).toBe(why);
  });

  it('is warned of when it builds no image', () => {
    const warned = (wanted: Parameters<typeof chooseEngine>[1], ...artifacts: readonly Artifact[]) => {
      const { context, printed } = testContext();
      const builders = { ...nothing, buildkit: buildkit('--buildkit-host') };
      const target = { imageName: 'web', reference: { path: 'web' } };
      const plan = artifacts.map((artifact) => ({
        ...{ artifact, target, stage: 1, choice: chooseEngine(artifact, wanted, builders) },
      }));
      warnOfEngine(context, wanted, plan);
      return printed.join('\n');
    };
    expect(warned('buildkit', bare)).toMatch(
      /--engine=buildkit builds no image: web: its builder custom needs no Docker/u,
    );
    expect([warned('buildkit', bare, dockerfile), warned('auto', bare), warned('buildkit')]).toEqual(['', '', '']);
  });
});
