import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../../kit/errors/op-error.js';

/** The Platform APIs of op's own lifecycle. Source: buildpacks/lifecycle v0.21.0, api/apis.go. */
const own = ['0.7', '0.8', '0.9', '0.10', '0.11', '0.12', '0.13', '0.14', '0.15'] as const;

/** A Platform API version. */
export interface PlatformApi {
  readonly version: string;
  readonly atLeast: (version: (typeof own)[number]) => boolean;
}

/**
 * The newest Platform API that both the builder's lifecycle and op's support.
 * @throws OpError (input) if there is none
 */
export function commonApi(builder: string, supported: readonly string[]): PlatformApi {
  const index = own.findLastIndex((version) => supported.includes(version));
  const version = own[index];
  if (version !== undefined) return { version, atLeast: (other) => own.indexOf(other) <= index };
  throw inputError({
    what: `cannot build with the builder ${builder}`,
    why: `its lifecycle supports the Platform APIs ${supported.join(', ') || 'none'}, and op supports ${own[0]} to ${own.at(-1)}`,
    hint: 'use a newer builder',
  });
}

/**
 * Writes the variables of a build to the platform directory, one file each. Source: buildpacks/spec, platform.md, "User-Provided
 * Variables".
 * @throws OpError (input) for an invalid name
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
    why: 'the name of a variable may have letters, digits, "_", "-" and ".", and must start with a letter or "_"',
    hint: 'correct env in skaffold.yaml or project.toml, or --env',
  });
