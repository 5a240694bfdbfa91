import type { Context } from '../../context.js';
import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { ConfigMap, ConfigMaps } from '../../store/documents/config-maps.js';
import type { Configuration } from './configuration.js';
import type { WorkloadImage } from './image-info.js';

/** The start of the names of everything of an environment: two environments share nothing. */
export const baseName = (environment: string | undefined): string =>
  environment === undefined ? 'oc-mirror' : `oc-mirror-${environment}`;

/** Labels of everything that is deployed. */
export const labelsOf = (component: string, environment: string | undefined) => ({
  'app.kubernetes.io/name': 'oc-mirror',
  'app.kubernetes.io/managed-by': 'octopipeline',
  'autoshift.io/component': component,
  ...(environment === undefined ? {} : { 'octopipeline.dev/environment': environment }),
});

/** What Kubernetes stores in a ConfigMap. */
const limit = 2 ** 20;

/** The ConfigMaps of an environment: all of the configuration, and each part by itself. @throws OpError (input) when one is too large */
export function configMapsOf(
  environment: string | undefined,
  { imageSet, values, source }: Configuration,
  { gitRevision }: WorkloadImage,
): readonly ConfigMap[] {
  const base = baseName(environment);
  const one = (part: string, type: string, data: ConfigMap['data']): ConfigMap => ({
    name: `${base}-${part}`,
    labels: { ...labelsOf('oc-mirror', environment), 'autoshift.io/config-type': type },
    annotations: { 'octopipeline.dev/source': oneLine(source, 300), 'octopipeline.dev/image-revision': gitRevision },
    data,
  });
  const wanted = [
    one('config', 'deployment', { ...values, 'imageset.yaml': imageSet }),
    one('imageset', 'imageset-only', { 'imageset.yaml': imageSet }),
    ...(Object.keys(values).length === 0 ? [] : [one('values', 'values-only', values)]),
  ];
  for (const { name, data } of wanted) {
    const size = Object.entries(data).reduce((sum, entry) => sum + Buffer.byteLength(entry.join('')), 0);
    if (size < limit) continue;
    throw inputError({
      what: `ConfigMap ${name} would have ${size} bytes`,
      why: 'Kubernetes stores 1 MiB in a ConfigMap',
      hint: 'leave out values files that no cluster of this environment needs',
    });
  }
  return wanted;
}

/** Writes them. @throws OpError (refused) for one that is not of a deployment of oc-mirror */
export async function writeConfigMaps(
  { log }: Context,
  configMaps: ConfigMaps,
  wanted: readonly ConfigMap[],
): Promise<void> {
  for (const { name } of wanted) {
    const found = await configMaps.get(name);
    if (found === undefined || found.labels['app.kubernetes.io/name'] === 'oc-mirror') continue;
    throw refusedError({
      what: `ConfigMap ${name} is not overwritten`,
      why: 'it has no label app.kubernetes.io/name=oc-mirror: something else has made it',
      hint: 'give this deployment another --environment, or delete that ConfigMap if it is no longer needed',
    });
  }
  for (const one of wanted) await configMaps.apply(one);
  log.step(`wrote ConfigMaps ${wanted.map(({ name }) => name).join(', ')}`);
}
