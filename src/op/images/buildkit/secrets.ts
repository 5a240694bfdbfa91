import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, type OpError } from '../../kit/errors/op-error.js';
import { within } from '../../kit/files/path.js';
import type { DockerfileBuild } from './dockerfile-build.js';
import { csv } from './flag-values.js';

type SecretSettings = Pick<DockerfileBuild, 'image' | 'root' | 'secrets' | 'secretsDirectory'>;

/** The file of a `kubernetes.io/ssh-auth` Secret: it is for ssh, and not a secret of a build step. */
export const sshKey = 'ssh-privatekey';

/**
 * The flags that pass secrets to `RUN --mount=type=secret`: paths and names of variables, never a value. Every file in the directory of
 * secrets is a secret of that name; the secrets in skaffold.yaml come from that directory, else from their file or variable.
 *
 * A file outside the repository is refused: a pod builds repositories that it cannot trust, and they could name the pod's own
 * credentials.
 * @throws OpError (input) for a secret that is missing
 */
export async function secretFlags({ env, cwd }: Context, build: SecretSettings): Promise<readonly string[]> {
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

async function fileOf(build: SecretSettings, id: string, path: string): Promise<string> {
  const real = await realpath(path).catch((cause: NodeJS.ErrnoException) => {
    const shown = within(build.root, path) ? relative(build.root, path) : path;
    throw missing(build, id, cause.code === 'ENOENT' ? `the file ${shown} does not exist` : cause.message);
  });
  if (!within(await realpath(build.root), real)) {
    throw missing(build, id, `${path} is outside the repository, and secrets may not come from there`);
  }
  if (!(await stat(real)).isFile()) throw missing(build, id, `${path} is not a file`);
  return real;
}

/** In a mounted Secret, the files are symbolic links into a folder `..data`. @throws OpError (input) */
async function filesOf(directory: string): Promise<readonly string[]> {
  try {
    const names = (await readdir(directory)).filter((name) => !name.startsWith('..')).sort();
    const files = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).isFile()));
    return names.filter((_, index) => files[index]);
  } catch (cause) {
    throw inputError({
      what: `cannot read the secrets in ${directory}`,
      why: cause instanceof Error ? cause.message : String(cause),
      hint: 'use --secrets with a directory whose files are secrets; in a Task, bind a Secret to its workspace',
      cause,
    });
  }
}

const missing = ({ image }: SecretSettings, id: string, why: string): OpError =>
  inputError({
    what: `the secret ${id} of ${image} is missing`,
    why,
    hint: `put it into a file named ${id} in a directory, and use --secrets with that directory; in a Task, bind a Secret to its workspace`,
  });
