import { fileURLToPath } from 'node:url';
import { execa, execaSync } from 'execa';
import { buildPush } from '../pipelines/build-push.js';
import { pipelineRun, toPipeline, toPipelineRun, toYaml, type WirePipelineRun } from '../src/tekton/index.js';
import { startBuildKit } from '../test/cluster/buildkit.js';
import { builder, fourFiles, mirrors, pushBases } from '../test/cluster/four.js';
import { createRepository, registryForPods, removeRepository } from '../test/cluster/rig.js';
import { buildPushApart } from './apart.js';
import { type Benchmark, fasterBy, interleave, type Measurement, took, within } from './measure.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const command = `${root}test/cluster/kubectl`;
const namespace = 'octopipeline-bench';
const rounds = 5;

/**
 * Seconds from creating a PipelineRun to its success, for a commit whose images are already in the registry: `build-push` from the
 * catalog (two pods), compared with the same commands as one TaskRun each (three pods). On the test cluster, in a restricted namespace.
 */
export const tekton: Benchmark = {
  name: 'tekton',
  title: 'build-push for a commit that is built already',
  missing: () => {
    const answer = execaSync(command, ['get', 'namespace', 'octopipeline-sample'], { reject: false });
    return answer.exitCode === 0 ? undefined : 'the test cluster is not up: test/cluster/up';
  },
  async run() {
    await install();
    try {
      await succeed(together);
      const { ours, peer } = await interleave(rounds, { ours: () => succeed(together), peer: () => succeed(apart) });
      const four = await cachedFour();
      return [
        within(
          'four images of BuildKit and buildpacks, all cached',
          named(four.ours, 'build-push of four images'),
          named(four.peer, 'build-push of two custom images'),
          15_000,
        ),
        fasterBy(
          'from creation to success',
          named(ours, 'build-push, 2 pods'),
          named(peer, 'a TaskRun per command, 3 pods'),
          1,
        ),
      ];
    } finally {
      await kubectl(['delete', 'namespace', namespace, '--wait=true']);
    }
  },
};

const named = (measurement: Measurement, label: string): Measurement => ({ ...measurement, label });

const registry = 'registry.octopipeline-sample.svc.cluster.local:5000';

const options = {
  serviceAccountName: 'octopipeline-build-push',
  podTemplate: {
    securityContext: {
      fsGroup: 65532,
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    enableServiceLinks: false,
  },
  params: {
    url: 'http://git.octopipeline-sample.svc.cluster.local/shop.git',
    repository: `${registry}/bench`,
    'insecure-registries': registry,
  },
  workspaces: { source: { volumeClaimTemplate: { storage: '1Gi' } } },
  annotations: { 'tekton.dev/auto-cleanup-pvc': 'true' },
} as const;

const together = toPipelineRun(pipelineRun({ generateName: 'together-' }, buildPush, options));
const apart = toPipelineRun(pipelineRun({ generateName: 'apart-' }, buildPushApart, options));

/** Dockerfiles and buildpacks for a commit that is already built, compared with images that need neither. */
async function cachedFour() {
  const [repository, buildkit] = await Promise.all([
    createRepository('bench-four', await fourFiles()),
    startBuildKit(),
  ]);
  await Promise.all([buildkit.clientSecret(namespace), pushBases()]);
  const { workspaces, ...others } = options;
  const four = toPipelineRun(
    pipelineRun({ generateName: 'four-' }, buildPush, {
      ...others,
      params: {
        url: repository.url,
        repository: `${registryForPods}/bench-four`,
        builder,
        'buildkit-host': buildkit.address,
        'image-mirrors': mirrors,
      },
      workspaces: { ...workspaces, 'buildkit-client': { secret: 'buildkit-client' } },
    }),
  );
  try {
    return await interleave(rounds, { ours: () => succeed(four), peer: () => succeed(together) });
  } finally {
    await removeRepository(repository);
  }
}

async function install(): Promise<void> {
  await kubectl(['create', 'namespace', namespace]);
  await kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
  await kubectl(['apply', '-n', namespace, '-f', `${root}dist`]);
  await kubectl(['apply', '-n', namespace, '-f', '-'], toYaml(toPipeline(buildPushApart)));
}

/**
 * Creates the run and waits for its end.
 * @throws Error with Tekton's own message and the logs when the run fails
 */
async function succeed(run: WirePipelineRun): Promise<number> {
  let name = '';
  const milliseconds = await took(async () => {
    name = await kubectl(['create', '-n', namespace, '-o', 'name', '-f', '-'], toYaml(run));
    await kubectl(['wait', '-n', namespace, name, '--for=jsonpath={.status.completionTime}', '--timeout=10m']);
  });
  const condition = '{.status.conditions[0].status} {.status.conditions[0].message}';
  const outcome = await kubectl(['get', '-n', namespace, name, '-o', `jsonpath=${condition}`]);
  if (outcome.startsWith('True ')) return milliseconds;
  const logs = await execa(`${root}test/cluster/tkn`, [
    'pipelinerun',
    'logs',
    '-n',
    namespace,
    name.replace(/.*\//u, ''),
  ]);
  throw new Error(`${name} did not succeed: ${outcome}\n${logs.stdout}`);
}

async function kubectl(args: readonly string[], input = ''): Promise<string> {
  return (await execa(command, args, { input })).stdout;
}
