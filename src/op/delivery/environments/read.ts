import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { type PropertySettings, readProperties } from '../../kit/config/properties.js';
import type { Setting } from '../../kit/config/setting.js';
import { inputError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { Environment, Environments } from './environment.js';
import type { EnvironmentFlags } from './options.js';
import { type EnvironmentEntry, parseEnvironments } from './parse.js';
import { keysOf, repositoryFrom } from './repositories.js';

const usual = 'environments.yaml';
/** Those of the product's first documents, when no file says otherwise. */
const byDefault: readonly EnvironmentEntry[] = ['dev', 'pp', 'prod'].map((name) => ({ name, tests: 'helm' }));

/**
 * Reads the environments of the file, and where each one's images lie: environment variable, then properties file, then the file.
 * Without a file they are dev, pp and prod. A name that the file does not have is an environment all the same when a key names its repository.
 * @throws OpError (input) for a file that cannot be read, and for its mistakes
 */
export async function readEnvironments(context: Context, flags: EnvironmentFlags): Promise<Environments> {
  const properties = await propertiesOf(context);
  const { origin, path } = await placeOf(context, flags.environments);
  const content = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && flags.environments === undefined) return undefined;
    throw inputError({
      what: `cannot read the environments of ${origin}`,
      why: error.code === 'ENOENT' ? 'there is no such file' : error.message,
      hint: 'name a file with --environments; in a Task, bind the workspace environments to a ConfigMap with environments.yaml',
      cause: error,
    });
  });
  const entries = content === undefined ? byDefault : parseEnvironments(origin, content);
  const directory = flags.kubeconfigs === undefined ? dirname(path) : resolve(context.cwd, flags.kubeconfigs);
  const names = entries.map(({ name }) => name);
  return {
    origin: content === undefined ? undefined : origin,
    names,
    of: (name) => {
      const entry = entries.find((one) => one.name === name);
      const configured = repositoryFrom(context, properties, keysOf(name));
      if (entry === undefined && configured === undefined) throw unknown(name, names, origin);
      return toEnvironment(entry ?? { name, tests: 'helm' }, { origin, directory, configured });
    },
  };
}

/** A directory, as a workspace is one, has the file under its usual name. */
async function placeOf({ cwd }: Context, given = usual): Promise<{ origin: string; path: string }> {
  const path = resolve(cwd, given);
  const isDirectory = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isDirectory ? { origin: join(given, usual), path: join(path, usual) } : { origin: given, path };
}

/** Keys of the properties file. @throws OpError (input) */
export const propertiesOf = async ({ propertiesFile, cwd }: Context): Promise<PropertySettings> =>
  propertiesFile === undefined ? new Map() : readProperties(propertiesFile, cwd);

interface Found {
  readonly origin: string;
  readonly directory: string;
  readonly configured: Setting | undefined;
}

function toEnvironment(entry: EnvironmentEntry, { origin, directory, configured }: Found): Environment {
  const { name, repository, namespace, component, kind, kubeconfig, context, tests, manifests } = entry;
  const filed = repository === undefined ? undefined : { key: `${name}.repository`, value: repository, origin };
  return {
    name,
    repository: configured ?? filed,
    namespace,
    component,
    kind,
    kubeconfig: kubeconfig === undefined ? undefined : resolve(directory, kubeconfig),
    context,
    tests,
    manifests,
  };
}

const unknown = (name: string, names: readonly string[], origin: string) =>
  inputError({
    what: `there is no environment "${oneLine(name)}"`,
    why: `${origin} and the configuration know ${names.join(', ')}`,
    hint: `add it to ${origin}, or set ${keysOf(name)[0]} to its registry and path`,
  });
