import { access, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, type OpError } from '../../kit/errors/op-error.js';
import { within } from '../../kit/files/path.js';
import type { DockerfileBuild } from './build.js';
import { sshKey } from './secrets.js';

type Wanted = Pick<DockerfileBuild, 'image' | 'root' | 'ssh' | 'secretsDirectory'>;

/**
 * The flags that let `RUN --mount=type=ssh` use a key: the build can have things signed with it, and never sees it.
 * `default` is the key `ssh-privatekey` of the directory of secrets, else the agent at SSH_AUTH_SOCK; `ID=PATH` is a key or a socket in
 * the repository or in the home directory, or that key of the directory of secrets. Anything else is refused: what builds in a pod is
 * somebody's repository, and it could name the pod's own credentials.
 * @throws OpError (input) when there is neither
 */
export async function sshFlags({ env, cwd }: Context, build: Wanted): Promise<readonly string[]> {
  const { ssh, root, secretsDirectory } = build;
  const mounted = await existing(secretsDirectory && resolve(cwd, secretsDirectory, sshKey));
  const [id = 'default', path] = split(ssh);
  if (mounted !== undefined && id === 'default') return ['--ssh', `default=${checked(build, mounted)}`];
  if (ssh === undefined) return [];
  const found = await existing(path ? resolve(root, path) : env.SSH_AUTH_SOCK || undefined);
  if (found === undefined) throw wrong(build, path ? `there is no ${path}` : 'SSH_AUTH_SOCK names no agent');
  const real = path ? await realpath(found) : found;
  if (path && !(await isAllowed(real, [root, ownHome(env.HOME)], mounted))) {
    throw wrong(
      build,
      `${path} is in neither the repository nor the home directory, and from nowhere else is a key taken`,
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

/** A user without an own one, as in many containers, has the root of all files. */
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

/** buildctl splits the value at commas and has no way to write one. */
function checked(build: Wanted, path: string): string {
  if (!path.includes(',')) return path;
  throw wrong(build, `BuildKit cannot take the path ${path}: it has a comma`);
}

const wrong = ({ image, ssh }: Wanted, why: string): OpError =>
  inputError({
    what: `there is no key for ssh ${ssh ?? 'default'} of ${image}`,
    why,
    hint: `start an agent (ssh-agent, ssh-add), or put the key as ${sshKey} into the directory of --secrets`,
  });
