import type { Context } from '../../context.js';
import { readProperties } from '../../kit/config/properties.js';
import type { Setting } from '../../kit/config/setting.js';
import { inputError, OpError } from '../../kit/errors/op-error.js';
import { redact } from '../../kit/errors/redact.js';
import { oneLine } from '../../kit/log/printable.js';
import { problemOfName } from '../../systems/git/ref-name.js';
import { type GitUrl, parseGitUrl } from '../../systems/git/url.js';

/** Which store op uses. */
export type StoreChoice =
  /** Without a namespace, that of the command. */
  | { readonly kind: 'cluster'; readonly namespace?: string }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'git'; readonly url: GitUrl; readonly branch: string };

/** In a pod and on a laptop: image info was always in a cluster, that of the kubeconfig or that of the pod. */
export const defaultStore: Setting = { key: 'OP_STORE', value: 'cluster', origin: 'default' };

/**
 * The store that the flag names, else OP_STORE of the environment, else that of the properties file, else `otherwise`: the cluster.
 * @throws OpError (input) when that is none, or for an invalid properties file
 */
export async function chooseStore(
  context: Context,
  flag: string | undefined,
  otherwise: StoreChoice = { kind: 'cluster' },
): Promise<StoreChoice> {
  if (flag !== undefined) return parseStore({ key: 'OP_STORE', value: flag, origin: '--store' });
  const { env } = context;
  const value = env.OP_STORE?.trim();
  if (value) return parseStore({ key: 'OP_STORE', value, origin: 'environment' });
  const filed = (await readProperties(context)).get('OP_STORE');
  return filed?.value ? parseStore(filed) : otherwise;
}

/** Of a store whose branch is not named. */
const usualBranch = 'octopipeline';

function parseStore({ value, origin }: Setting): StoreChoice {
  if (value === 'cluster') return { kind: 'cluster' };
  const [, namespace] = /^cluster:([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)$/u.exec(value) ?? [];
  if (namespace !== undefined) return { kind: 'cluster', namespace };
  const [, path] = /^directory:(\P{Cc}+)$/u.exec(value) ?? [];
  if (path !== undefined) return { kind: 'directory', path };
  const source = origin === '--store' ? origin : `OP_STORE, ${origin}`;
  const [, url, branch] = /^git:([^#]+)(?:#(.*))?$/su.exec(value) ?? [];
  if (url !== undefined) return parseGitStore(url, branch ?? usualBranch, source);
  throw inputError({
    what: `"${redact(oneLine(value))}" is not a store (${source})`,
    why: 'a store is cluster, cluster:NAMESPACE, directory:PATH, or git:URL#BRANCH',
    hint: 'give --store=cluster, --store=directory:PATH with a directory that op may write to, or --store=git:URL#BRANCH with a repository that git may push to',
  });
}

function parseGitStore(text: string, branch: string, source: string): StoreChoice {
  const problem = branch === '' ? 'it is empty' : problemOfName(branch);
  if (problem !== undefined) {
    throw inputError({
      what: `"${oneLine(branch)}" cannot be the branch of a store (${source})`,
      why: problem,
      hint: `give a name such as ${usualBranch} after the #`,
    });
  }
  try {
    return { kind: 'git', url: parseGitUrl(text), branch };
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    throw inputError({
      what: `${error.message} (${source})`,
      why: error.why,
      hint: "give git:URL#BRANCH with a URL such as https://host/group/repository.git and no password: git's own credentials are used",
    });
  }
}
