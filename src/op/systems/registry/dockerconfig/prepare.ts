import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../../context.js';
import { inputError } from '../../../kit/errors/op-error.js';
import { namesShown } from '../../../kit/files/names-shown.js';
import { makePrivateDirectory } from '../../../kit/files/private-directory.js';
import { usualConfig } from './config-file.js';
import { parseDockerConfig, type RegistryLogin } from './parse.js';

/** Registry credentials for child processes. */
export interface DockerConfig extends AsyncDisposable {
  /** Add it to a child's environment; empty when no directory was given, so that DOCKER_CONFIG or ~/.docker apply. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The registries that there are credentials for. */
  readonly hosts: readonly RegistryLogin[];
  /** The same, or those of the usual docker config when no directory was given. */
  readonly logins: readonly RegistryLogin[];
  /** Removes the private copy. */
  readonly dispose: () => Promise<void>;
}

/** The names of the file: docker's own, and the key of a `kubernetes.io/dockerconfigjson` Secret. */
const names = ['config.json', '.dockerconfigjson'] as const;

/**
 * Makes a private copy of the docker config in `directory` and points DOCKER_CONFIG at it: a mounted Secret has the file under
 * another name, is read-only, and may be readable by others.
 * @param directory holds `config.json` or `.dockerconfigjson`; undefined for none
 * @throws OpError (input) when it holds neither, or the file is malformed; also the usual one, when no directory was given
 */
export async function prepareDockerConfig(context: Context, directory: string | undefined): Promise<DockerConfig> {
  if (directory === undefined) {
    const usual = await usualConfig(context.env);
    const logins = usual === undefined ? [] : parseDockerConfig(usual.source, usual.content);
    return disposable({}, [], logins, async () => {});
  }
  const { source, content } = await readGivenConfig(directory);
  const hosts = parseDockerConfig(source, content);
  const { path, dispose } = await makePrivateDirectory(context, 'dockerconfig');
  await writeFile(join(path, 'config.json'), content, { mode: 0o600 });
  return disposable({ DOCKER_CONFIG: path }, hosts, hosts, dispose);
}

const disposable = (
  env: DockerConfig['env'],
  hosts: DockerConfig['hosts'],
  logins: DockerConfig['logins'],
  dispose: () => Promise<void>,
) => ({
  env,
  hosts,
  logins,
  dispose,
  [Symbol.asyncDispose]: dispose,
});

/** The docker config in a directory, under one of its names. @throws OpError (input) when it has none */
export async function readGivenConfig(directory: string): Promise<{ source: string; content: string }> {
  const others = await readdir(directory).catch(({ code }: NodeJS.ErrnoException) => code ?? '');
  let problem = `it holds neither ${names.join(' nor ')}, but ${namesShown(typeof others === 'string' ? [] : others.toSorted())}`;
  if (others === 'ENOENT') problem = 'there is no such directory';
  for (const name of names) {
    const source = join(directory, name);
    try {
      return { source, content: await readFile(source, 'utf8') };
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') problem = message;
    }
  }
  throw inputError({
    what: `${directory} has no registry credentials`,
    why: problem,
    hint: 'name a directory that has one of them; in a Task, bind a Secret of type kubernetes.io/dockerconfigjson to the workspace dockerconfig, or leave it unbound',
  });
}
