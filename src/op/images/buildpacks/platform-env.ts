import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../kit/errors/op-error.js';

/**
 * Writes the variables of a build where buildpacks find them: one file each. Source: buildpacks/spec, platform.md, "User-Provided
 * Variables".
 * @throws OpError (input) for a name that cannot be a variable
 */
export async function writePlatform(
  image: string,
  directory: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const names = Object.keys(env);
  const wrong = names.find((name) => !/^[A-Za-z_][A-Za-z0-9_.-]*$/u.test(name));
  if (wrong !== undefined) throw notAName(image, wrong);
  await mkdir(join(directory, 'env'), { recursive: true });
  for (const name of names) await writeFile(join(directory, 'env', name), env[name] ?? '');
}

const notAName = (image: string, name: string) =>
  inputError({
    what: `cannot build ${image} with the variable "${name}"`,
    why: 'a name of a variable is letters, digits, "_", "-" and ".", first a letter or "_"',
    hint: 'correct env in skaffold.yaml or project.toml, or --env',
  });
