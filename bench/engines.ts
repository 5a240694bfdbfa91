import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { bundle } from '../scripts/bundle.js';
import { pushBuilder } from '../test/builder/push-builder.js';
import { pushBusybox } from '../test/op/busybox-image.js';
import { type LocalBuildKit, startBuildKit, whyNoBuildKit } from '../test/op/local-buildkitd.js';
import { type LocalRegistry, startRegistry } from '../test/op/local-registry.js';
import { makeSampleRepository, type SampleRepository } from '../test/op/sample-repository.js';
import { withTools } from '../test/tools.js';
import { addsAtMost, atMostTimes, type Benchmark, type Comparison, interleave, took } from './measure.js';

/** A Dockerfile with a little work to do, and one that builds on it. */
const files = (registry: string, builder: string) => ({
  'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - {image: base, context: base, docker: {}}
    - {image: api, context: api, docker: {}, requires: [{image: base, alias: BASE}]}
    - {image: site, context: site, buildpacks: {builder: ${builder}}}
    - {image: worker, context: worker, buildpacks: {builder: ${builder}}}
`,
  'base/Dockerfile': `FROM ${registry}/tests/busybox:1\nRUN echo one >/one\nRUN echo two >/two\nCOPY base.txt /base.txt\n`,
  'base/base.txt': 'base\n',
  'api/Dockerfile': 'ARG BASE\nFROM ${BASE}\nRUN echo three >/three\nCOPY api.txt /api.txt\n',
  'api/api.txt': 'api\n',
  'site/public/index.html': '<h1>Hello</h1>\n',
  'worker/Procfile': 'web: busybox httpd -f -p 8080\n',
});

interface Room {
  readonly op: string;
  readonly registry: LocalRegistry;
  readonly buildkit: LocalBuildKit;
  readonly repository: SampleRepository;
}

/**
 * What op adds to BuildKit: one Dockerfile with `op build-dockerfile`, compared with `buildctl` with the same arguments. And what building
 * in parallel saves: four images at once, compared with one after the other.
 */
export const engines: Benchmark = {
  name: 'engines',
  title: 'Building through BuildKit and buildpacks',
  missing: () => whyNoBuildKit,
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'bench-engines-'));
    const op = join(folder, 'op.cjs');
    await bundle(op);
    const [registry, buildkit] = await Promise.all([startRegistry(), startBuildKit()]);
    pushBusybox(`${registry.host}/tests/busybox:1`);
    const { builder } = await pushBuilder(registry.host);
    const repository = await makeSampleRepository(files(registry.host, builder));
    try {
      const room = { op, registry, buildkit, repository };
      return [...(await besideBuildctl(room)), await sideBySide(room)];
    } finally {
      await Promise.all([registry.stop(), buildkit.stop(), repository.remove()]);
      rmSync(folder, { recursive: true });
    }
  },
};

const env = withTools(['buildctl', 'crane', 'skaffold', 'lifecycle', 'cnb-launcher']);

async function besideBuildctl(room: Room): Promise<readonly Comparison[]> {
  const { registry, buildkit, repository } = room;
  const context = join(repository.directory, 'base');
  const run = (program: string, ...args: string[]) =>
    took(() => execa(program, args, { cwd: repository.directory, env, extendEnv: false, stdin: 'ignore' }));
  const ours = (tag: string, ...more: string[]) =>
    run(
      process.execPath,
      room.op,
      'build-dockerfile',
      `--image=${registry.host}/bench/${tag}`,
      '--context=base',
      `--buildkit-host=${buildkit.address}`,
      ...more,
    );
  const peer = (tag: string, ...more: string[]) =>
    run(
      'buildctl',
      `--addr=${buildkit.address}`,
      'build',
      '--frontend=dockerfile.v0',
      `--local=context=${context}`,
      `--local=dockerfile=${context}`,
      `--output=type=image,name=${registry.host}/bench/${tag},push=true`,
      '--opt=attest:provenance=false',
      '--progress=plain',
      ...more,
    );
  const cold = await interleave(5, {
    ours: () => ours('ours:cold', '--no-cache'),
    peer: () => peer('peer:cold', '--no-cache', '--opt=image-resolve-mode=pull'),
  });
  const warm = await interleave(9, { ours: () => ours('ours:warm'), peer: () => peer('peer:warm') });
  const compare = (what: string, { ours, peer }: typeof warm) =>
    addsAtMost(what, { ...ours, label: 'op build-dockerfile' }, { ...peer, label: 'buildctl build' }, 0.1, 300);
  return [compare('every step built', cold), compare('every step cached', warm)];
}

async function sideBySide({ op, registry, buildkit, repository }: Room): Promise<Comparison> {
  const build = (jobs: number) =>
    took(() =>
      execa(
        process.execPath,
        [op, 'push', `--default-repo=${registry.host}/bench-four`, '--rebuild', `--jobs=${jobs}`],
        {
          cwd: repository.directory,
          env: { ...env, BUILDKIT_HOST: buildkit.address },
          extendEnv: false,
          stdin: 'ignore',
        },
      ),
    );
  const { ours, peer } = await interleave(5, { ours: () => build(4), peer: () => build(1) });
  return atMostTimes(
    'four images built again: two Dockerfiles, two with buildpacks',
    { ...ours, label: 'op push --jobs=4' },
    { ...peer, label: 'op push --jobs=1' },
    1,
  );
}
