import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, OpError } from '../../kit/errors/op-error.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import { startDeadline } from '../../kit/process/deadline.js';
import { currentBranch, readHead, workTree } from '../../systems/git/head.js';
import { openRepository } from '../../systems/git/read-file.js';
import { getText } from '../../systems/http/get-text.js';
import { lookUp, type RegistryAccess } from '../../systems/registry/crane.js';
import { prepareDockerConfig } from '../../systems/registry/dockerconfig/prepare.js';
import { readFileLayers } from '../../systems/registry/layers.js';
import { parseReference, type Reference } from '../../systems/registry/reference.js';

/** How registries are reached. */
export interface RegistryFlags {
  readonly insecureRegistry: readonly string[];
  readonly dockerconfig?: string | undefined;
}

interface Login {
  readonly user: string;
  readonly password: string;
}

/** Milliseconds for a request to a registry, with its retries. */
const patience = 60_000;

const late = (image: string) => ({
  what: `cannot read ${image}`,
  why: `it took longer than ${patience / 1000} s`,
  hint: 'try again later, or check with crane digest IMAGE that the registry answers',
});

/** What `op local` asks of the outside: Git servers, web servers, registries and the repository of a directory. */
export const localDoors = (flags: RegistryFlags) => ({
  openRepository: async (context: Context, url: string, login: Login | undefined) => {
    const { commitOf, textOf, ...rest } = await openRepository(context, url, login);
    return {
      ...rest,
      commitOf: (revision: string) => advised(() => commitOf(revision)),
      textOf: (commit: string, path: string) => advised(() => textOf(commit, path)),
    };
  },
  getText: (context: Context, url: string, login: Login | undefined) => getText(context, url, { login }),
  imageDigest: async (context: Context, image: string, dockerConfig: string | undefined) => {
    const reference = parse(image);
    using time = startDeadline(context, patience, late(image));
    await using access = await registryAccess(context, flags, dockerConfig);
    const found = await lookUp(time.context, access, reference);
    if ('error' in found) throw found.error;
    return { name: goName(reference), digest: found.digest };
  },
  imageLayers: async (context: Context, image: string, digest: string, dockerConfig: string | undefined) => {
    const { tag: _, ...reference } = parse(image);
    using time = startDeadline(context, patience, late(image));
    await using access = await registryAccess(context, flags, dockerConfig);
    return await readFileLayers(time.context, access, { ...reference, digest });
  },
  checkout: async (context: Context, directory: string) => {
    const head = await readHead(context, directory);
    if (head === undefined) return undefined;
    const [root, branch] = await Promise.all([workTree(context, directory), currentBranch(context, directory)]);
    return { root, branch, commit: head.commit, url: head.url };
  },
});

/** The hints of git failures speak of Tasks and their workspaces. */
async function advised<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OpError) || (error.kind === 'input' && !error.hint.includes('workspace'))) throw error;
    const hint =
      'check with git ls-remote URL that the git of this machine can read it; or name a Secret in the param gitToken, and give it with -f';
    throw new OpError(error.kind, { what: error.message, why: error.why, hint, cause: error });
  }
}

function parse(image: string): Reference {
  const reference = parseReference(image);
  if (!('problem' in reference)) return reference;
  throw inputError({
    what: `"${image}" is not a reference to an image`,
    why: reference.problem,
    hint: 'write one such as ghcr.io/acme/tasks:1.0',
  });
}

/** The name of the repository as Tekton writes it. Source: go-containerregistry, `name.Repository.Name`. */
function goName({ registry = 'docker.io', path }: Reference): string {
  if (registry !== 'docker.io') return `${registry}/${path}`;
  return `index.docker.io/${path.includes('/') ? path : `library/${path}`}`;
}

/** @param dockerConfig the text of a `config.json` that is used instead of this user's */
async function registryAccess(
  context: Context,
  { insecureRegistry, dockerconfig }: RegistryFlags,
  dockerConfig: string | undefined,
): Promise<RegistryAccess & AsyncDisposable> {
  if (dockerConfig === undefined) {
    const { env, dispose } = await prepareDockerConfig(context, dockerconfig);
    return { insecure: insecureRegistry, env, [Symbol.asyncDispose]: dispose };
  }
  const { path, dispose } = await makePrivateDirectory(context, 'bundle-login');
  await writeFile(join(path, 'config.json'), dockerConfig, { mode: 0o600 });
  return { insecure: insecureRegistry, env: { DOCKER_CONFIG: path }, [Symbol.asyncDispose]: dispose };
}
