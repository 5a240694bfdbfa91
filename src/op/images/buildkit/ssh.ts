import { access, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, type OpError, refusedError } from '../../kit/errors/op-error.js';
import { within } from '../../kit/files/path.js';
import type { DockerfileBuild } from './dockerfile-build.js';
import { sshKey } from './secrets.js';

type SshSettings = Pick<DockerfileBuild, 'image' | 'root' | 'ssh' | 'userKeys' | 'secretsDirectory'>;

/**
 * The flags that let `RUN --mount=type=ssh` use a key: the build can sign with it, but never sees it.
 * `default` is the file `ssh-privatekey` in the directory of secrets, else the agent at SSH_AUTH_SOCK; `ID=PATH` is a key or a socket in
 * the repository or the home directory, or that file in the directory of secrets. Anything else is refused: a pod builds repositories
 * that it cannot trust, and they could name the pod's own credentials.
 * @throws OpError (input) if there is no such key or agent; (refused) for the user's own, if the build may not use them
 */
export async function sshFlags({ env, cwd }: Context, build: SshSettings): Promise<readonly string[]> {
  const { ssh, root, userKeys = true, secretsDirectory } = build;
  const mounted = await existing(secretsDirectory && resolve(cwd, secretsDirectory, sshKey));
  const [id = 'default', path] = split(ssh);
  if (mounted !== undefined && id === 'default') return ['--ssh', `default=${checked(build, mounted)}`];
  if (ssh === undefined) return [];
  if (!path && !userKeys) throw ofUser(build, 'it is for the agent of this user');
  const found = await existing(path ? resolve(root, path) : env.SSH_AUTH_SOCK || undefined);
  if (found === undefined)
    throw unusable(build, path ? `${path} does not exist` : 'SSH_AUTH_SOCK is not set, or its agent does not exist');
  const real = path ? await realpath(found) : found;
  if (path && !userKeys && !(await isAllowed(real, [root], mounted)))
    throw ofUser(build, `${path} is not in the repository`);
  if (path && !(await isAllowed(real, [root, ownHome(env.HOME)], mounted))) {
    throw unusable(
      build,
      `${path} is in neither the repository nor the home directory, and keys may not come from elsewhere`,
    );
  }
  return ['--ssh', `${id}=${checked(build, real)}`];
}

async function isAllowed(real: string, directories: readonly (string | undefined)[], mounted: string | undefined) {
  const resolved = (path: string | undefined) =>
    path === undefined ? undefined : realpath(path).catch(() => undefined);
  if (real === (await resolved(mounted))) return true;
  const allowed = await Promise.all(directories.map(resolved));
  return allowed.some((directory) => directory !== undefined && within(directory, real));
}

/** In many containers the user has no home directory, and HOME is `/`. */
const ownHome = (home = '') => (home.startsWith('/') && resolve(home) !== '/' ? home : undefined);

function split(ssh: string | undefined): readonly string[] {
  if (!ssh) return [];
  const at = ssh.indexOf('=');
  return at < 0 ? [ssh] : [ssh.slice(0, at), ssh.slice(at + 1)];
}

const existing = async (path: string | undefined) =>
  path === undefined
    ? undefined
    : access(path).then(
        () => path,
        () => undefined,
      );

/** buildctl splits the value at commas, and there is no way to quote one. */
function checked(build: SshSettings, path: string): string {
  if (!path.includes(',')) return path;
  throw unusable(build, `BuildKit does not accept the path ${path}: it has a comma`);
}

const ofUser = ({ image, ssh }: SshSettings, why: string): OpError =>
  refusedError({
    what: `cannot use ssh ${ssh} of ${image} with --allow-custom=false`,
    why: `${why}: a Dockerfile of strangers could log in with that key wherever this user can`,
    hint: `put a key for this repository into the file ${sshKey} in the directory of --secrets, or remove ssh from skaffold.yaml`,
  });

const unusable = ({ image, ssh }: SshSettings, why: string): OpError =>
  inputError({
    what: `no key found for ssh ${ssh ?? 'default'} of ${image}`,
    why,
    hint: `start an agent (ssh-agent, ssh-add), or put the key into the file ${sshKey} in the directory of --secrets`,
  });
