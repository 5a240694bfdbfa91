import type { Context } from '../../context.js';
import { oneLine } from '../../kit/log/printable.js';
import { gitUrlAnnotation, ours, type Publication } from './config-map.js';
import { failureOfKubectl, type Kubectl } from './kubectl.js';

const args = ['apply', '--server-side', '--field-manager=octopipeline', '--filename=-'];

/** Applies the ConfigMaps on the server side, so that labels and keys that others have added stay. */
export async function apply(
  context: Context,
  kubectl: Kubectl,
  publications: readonly Publication[],
  gitUrl: string | undefined,
): Promise<void> {
  if (publications.length === 0) return;
  const timestamp = context
    .now()
    .toISOString()
    .replace(/\.\d+Z$/u, 'Z');
  const annotations = gitUrl === undefined ? {} : { annotations: { [gitUrlAnnotation]: gitUrl } };
  const items = publications.map(({ name, info }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: ours, ...annotations },
    data: { ...info, 'build-timestamp': timestamp },
  }));
  const manifest = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const ended = await kubectl.attempt(args, manifest);
  if (ended.ended === 'ok') return;
  if (!/conflict/u.test(ended.stderr)) throw failure(ended);
  // Somebody edited a key by hand. These keys say what was built last, and that is known here.
  const who = [...ended.stderr.matchAll(/conflicts? with "([^"]+)"/gu)].map(([, name]) => name);
  context.log.warn(
    `takes back what ${oneLine(who.join(', ') || 'somebody else')} changed in ${publications.map(({ name }) => name).join(', ')}`,
  );
  const forced = await kubectl.attempt([...args, '--force-conflicts'], manifest);
  if (forced.ended !== 'ok') throw failure(forced);

  function failure(of: typeof ended) {
    return failureOfKubectl(`cannot publish ${publications.map(({ name }) => name).join(', ')}`, of, kubectl.namespace);
  }
}
