import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../context.js';
import { inputError, type OpError } from '../errors/op-error.js';
import type { DockerfileBuild } from './build.js';
import { sshKey } from './secrets.js';

type Wanted = Pick<DockerfileBuild, 'image' | 'root' | 'ssh' | 'secretsDirectory'>;

/**
 * The flags that let `RUN --mount=type=ssh` use a key: the build can have things signed with it, and never sees it.
 * `default` is the key `ssh-privatekey` of the directory of secrets, else the agent at SSH_AUTH_SOCK; `ID=PATH` is a key or a socket.
 * @throws OpError (input) when there is neither
 */
export async function sshFlags({ env, cwd }: Context, build: Wanted): Promise<readonly string[]> {
  const { ssh, root, secretsDirectory } = build;
  const mounted = await existing(secretsDirectory && resolve(cwd, secretsDirectory, sshKey));
  const [id = 'default', path] = split(ssh);
  if (mounted !== undefined && id === 'default') return ['--ssh', `default=${checked(build, mounted)}`];
  if (ssh === undefined) return [];
  const found = await existing(path ? resolve(root, path) : env.SSH_AUTH_SOCK || undefined);
  if (found !== undefined) return ['--ssh', `${id}=${checked(build, found)}`];
  throw wrong(build, path ? `there is no ${path}` : 'SSH_AUTH_SOCK names no agent');
}

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
    todo: `start an agent (ssh-agent, ssh-add), or put the key as ${sshKey} into the directory of --secrets`,
  });
