import { readFile } from 'node:fs/promises';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { run } from '../../kit/process/run.js';
import { type Cluster, optionsFor } from './cluster.js';

const mounted = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';
const isName = (text: string) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u.test(text);

/**
 * The namespace to work in: the given one; else that of the kubeconfig's context, if there is a kubeconfig (its cluster may not be the
 * pod's); else the pod's own; else `default`.
 * @param file where Kubernetes mounts the name of the pod's namespace
 * @throws OpError (input) for an invalid name
 */
export async function namespaceOf(
  context: Context,
  cluster: Cluster,
  given: string | undefined,
  file = mounted,
): Promise<string> {
  if (given !== undefined) {
    if (isName(given)) return given;
    throw inputError({
      what: `"${oneLine(given)}" is not the name of a namespace`,
      why: 'names have at most 63 of a-z, 0-9 and "-", and start and end with a letter or a digit',
      hint: 'give another --namespace',
    });
  }
  const args = ['config', 'view', '--minify', '--output=jsonpath={.contexts[0].context.namespace}'];
  const configured = await run(context, {
    program: 'kubectl',
    args: [...args, ...optionsFor(cluster)],
    timeout: 30_000,
  });
  if (configured.ended === 'ok') return configured.stdout.trim() || 'default';
  const own = await readFile(file, 'utf8').catch(() => '');
  return isName(own.trim()) ? own.trim() : 'default';
}
