import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { readProperties } from '../../kit/config/properties.js';
import type { Setting } from '../../kit/config/setting.js';
import { inputError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { configuredRepository, refuseRedirects, repositoryKeysOf } from './configured-repository.js';
import type { Environment, Environments } from './environment.js';
import type { EnvironmentFlags } from './options.js';
import { type EnvironmentEntry, parseEnvironments } from './parse.js';

const defaultFile = 'environments.yaml';
/** The environments without a file. */
const defaultEntries: readonly EnvironmentEntry[] = ['dev', 'pp', 'prod'].map((name) => ({ name, tests: 'helm' }));

/**
 * Reads the environments from the file, and the repository of each one: environment variable, then properties file, then the file.
 * A properties file that says something else than a file that a flag names is refused: whoever binds environments.yaml decides, not the
 * repository that is delivered.
 * Without a file they are dev, pp and prod. A name that is not in the file is still an environment if a key sets its repository.
 * @throws OpError (input) for a file that cannot be read or is invalid, (refused) for a properties file that redirects an environment
 */
export async function readEnvironments(context: Context, flags: EnvironmentFlags): Promise<Environments> {
  const properties = await readProperties(context);
  const { origin, path } = await locateFile(context, flags.environments);
  const content = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && flags.environments === undefined) return undefined;
    throw inputError({
      what: `cannot read the environments from ${origin}`,
      why: error.code === 'ENOENT' ? 'no such file' : error.message,
      hint: 'name an existing file with --environments; in a Task, bind the workspace environments to a ConfigMap with environments.yaml',
      cause: error,
    });
  });
  const entries = content === undefined ? defaultEntries : parseEnvironments(origin, content);
  if (flags.environments !== undefined) refuseRedirects(properties, entries, origin);
  const directory = flags.kubeconfigs === undefined ? dirname(path) : resolve(context.cwd, flags.kubeconfigs);
  const names = entries.map(({ name }) => name);
  return {
    origin: content === undefined ? undefined : origin,
    names,
    of: (name) => {
      const entry = entries.find((one) => one.name === name);
      const configured = configuredRepository(context, properties, repositoryKeysOf(name));
      if (entry === undefined && configured === undefined) {
        throw unknown(name, names, { origin, exists: content !== undefined });
      }
      return toEnvironment(entry ?? { name, tests: 'helm' }, { origin, directory, configured });
    },
  };
}

/** In a directory, such as a workspace, the file has its default name. */
async function locateFile({ cwd }: Context, given = defaultFile): Promise<{ origin: string; path: string }> {
  const path = resolve(cwd, given);
  const isDirectory = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isDirectory ? { origin: join(given, defaultFile), path: join(path, defaultFile) } : { origin: given, path };
}

/** What an entry of the file is completed with. */
interface Origin {
  readonly origin: string;
  /** Relative kubeconfig paths start here. */
  readonly directory: string;
  readonly configured: Setting | undefined;
}

function toEnvironment(entry: EnvironmentEntry, { origin, directory, configured }: Origin): Environment {
  const {
    name,
    repository,
    images,
    namespace,
    component,
    kind,
    kubeconfig,
    context,
    tests,
    manifests,
    releaseNamespace,
  } = entry;
  const filed = repository === undefined ? undefined : { key: `${name}.repository`, value: repository, origin };
  return {
    name,
    repository: configured ?? filed,
    images,
    namespace,
    component,
    kind,
    kubeconfig: kubeconfig === undefined ? undefined : resolve(directory, kubeconfig),
    context,
    tests,
    releaseNamespace,
    manifests,
  };
}

const unknown = (name: string, names: readonly string[], { origin, exists }: { origin: string; exists: boolean }) =>
  inputError({
    what: `unknown environment "${oneLine(name)}"`,
    why: exists
      ? `${origin} and the configuration have only ${names.join(', ')}`
      : `there is no ${origin}, and without it the environments are ${names.join(', ')}`,
    hint: `add it to ${origin}, or set ${repositoryKeysOf(name)[0]} to its registry and path`,
  });
