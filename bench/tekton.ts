import { fileURLToPath } from 'node:url';
import { buildPush } from '../pipelines/build-push.js';
import { pipelineRun, toPipeline, toPipelineRun, toYaml } from '../src/tekton/index.js';
import { startBuildKit } from '../test/cluster/buildkit.js';
import { builder, fourFiles, mirrors, pushBases } from '../test/cluster/four.js';
import { createRepository, registryForPods, removeRepository } from '../test/cluster/rig.js';
import { buildPushApart } from './apart.js';
import { createNamespace, kubectl, noCluster, succeed } from './cluster.js';
import { type Benchmark, fasterBy, interleave, type Measurement, within } from './measure.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const namespace = 'octopipeline-bench';
const rounds = 5;

/**
 * Seconds from creating a PipelineRun to its success, for a commit whose images are already in the registry: `build-push` from the
 * catalog (two pods), compared with the same commands as one TaskRun each (three pods). On the test cluster, in a restricted namespace.
 */
export const tekton: Benchmark = {
  name: 'tekton',
  title: 'build-push for a commit that is built already',
  missing: noCluster,
  async run() {
    await using _namespace = await createNamespace(namespace);
    await kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    await kubectl(['apply', '-n', namespace, '-f', `${root}dist`]);
    await kubectl(['apply', '-n', namespace, '-f', '-'], toYaml(toPipeline(buildPushApart)));
    await succeed(namespace, together);
    const { ours, peer } = await interleave(rounds, {
      ours: () => succeed(namespace, together),
      peer: () => succeed(namespace, apart),
    });
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
    return await interleave(rounds, { ours: () => succeed(namespace, four), peer: () => succeed(namespace, together) });
  } finally {
    await removeRepository(repository);
  }
}
