import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, type OpError } from '../../kit/errors/op-error.js';
import { within } from '../../kit/files/path.js';
import type { DockerfileBuild } from './build.js';
import { csv } from './csv.js';

type Wanted = Pick<DockerfileBuild, 'image' | 'root' | 'secrets' | 'secretsDirectory'>;

/** The key of a `kubernetes.io/ssh-auth` Secret: it is for ssh, and no secret of a build step. */
export const sshKey = 'ssh-privatekey';

/**
 * The flags that hand secrets to `RUN --mount=type=secret`: paths and names of variables, never a value. Every file of the directory of
 * secrets is one by its name; those of skaffold.yaml come from it too, else from their file or variable.
 *
 * A file outside of the repository is refused: what builds in a pod is somebody's repository, and it could name the pod's own
 * credentials.
 * @throws OpError (input) for one that is missing
 */
export async function secretFlags({ env, cwd }: Context, build: Wanted): Promise<readonly string[]> {
  const { root, secrets } = build;
  const directory = build.secretsDirectory && resolve(cwd, build.secretsDirectory);
  const mounted = directory ? await filesOf(directory) : [];
  const fields: (readonly (readonly [string, string])[])[] = mounted
    .filter((id) => id !== sshKey)
    .map((id) => [
      ['id', id],
      ['src', join(directory ?? '', id)],
    ]);
  for (const secret of secrets) {
    if (mounted.includes(secret.id)) continue;
    const { id } = secret;
    const variable = secret.env ?? (secret.src === undefined && env[id] !== undefined ? id : undefined);
    if (variable === undefined) {
      const src = await fileOf(build, id, resolve(root, secret.src ?? id));
      fields.push([
        ['id', id],
        ['src', src],
      ]);
      continue;
    }
    if (env[variable] === undefined) throw missing(build, id, `the variable ${variable} is not set`);
    fields.push([
      ['id', id],
      ['env', variable],
    ]);
  }
  return fields.flatMap((field) => ['--secret', csv(field)]);
}

async function fileOf(build: Wanted, id: string, path: string): Promise<string> {
  const real = await realpath(path).catch((cause: NodeJS.ErrnoException) => {
    const shown = within(build.root, path) ? relative(build.root, path) : path;
    throw missing(build, id, cause.code === 'ENOENT' ? `there is no file ${shown}` : cause.message);
  });
  if (!within(await realpath(build.root), real)) {
    throw missing(build, id, `${path} is outside of the repository, from where no secret is taken`);
  }
  if (!(await stat(real)).isFile()) throw missing(build, id, `${path} is not a file`);
  return real;
}

/** A mounted Secret has symbolic links to a folder `..data`. @throws OpError (input) */
async function filesOf(directory: string): Promise<readonly string[]> {
  try {
    const names = (await readdir(directory)).filter((name) => !name.startsWith('..')).sort();
    const files = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).isFile()));
    return names.filter((_, index) => files[index]);
  } catch (cause) {
    throw inputError({
      what: `cannot read the secrets in ${directory}`,
      why: cause instanceof Error ? cause.message : String(cause),
      hint: 'name a directory whose files are secrets with --secrets; in a Task bind a Secret to its workspace',
      cause,
    });
  }
}

const missing = ({ image }: Wanted, id: string, why: string): OpError =>
  inputError({
    what: `the secret ${id} of ${image} is missing`,
    why,
    hint: `put it as a file named ${id} into a directory, and name that with --secrets; in a Task bind a Secret to its workspace`,
  });
