/** Runs of `build-push` for tests: variations of the first example. */

import { buildPush } from '../../pipelines/build-push.js';
import { buildPushExample } from '../../pipelines/examples/build-push.js';
import { pipelineRun, toPipelineRun, toYaml } from '../../src/index.js';
import { registryService } from './rig.js';

/** The example with a separate path in the registry, otherwise unchanged. */
export function redirected(example: string, path: string): string {
  return example.replaceAll(`${registryService}/shop`, `${registryService}/${path}`);
}

type Options = Parameters<
  typeof pipelineRun<typeof buildPush.params, typeof buildPush.workspaces, typeof buildPush.outputs>
>[2];

/** A run of `build-push` on a test's own repository, with the differences from the example. */
export function buildPushRun(options: Partial<Options> & Pick<Options, 'params'>): string {
  const { serviceAccountName, podTemplate } = buildPushExample.options;
  const run = pipelineRun({ generateName: 'build-push-' }, buildPush, {
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...(podTemplate === undefined ? {} : { podTemplate }),
    workspaces: { source: { volumeClaimTemplate: { storage: '1Gi' } } },
    timeouts: { pipeline: '10m' },
    ...options,
  });
  return toYaml([toPipelineRun(run)]);
}

/** A run that shows what its builds print, which is otherwise kept back. */
export function withDebug(manifest: string): string {
  const run = manifest.replace(
    '    podTemplate:\n',
    '    podTemplate:\n      env: [{name: OP_DEBUG, value: "true"}]\n',
  );
  if (run === manifest) throw new Error('the run has no podTemplate');
  return run;
}
