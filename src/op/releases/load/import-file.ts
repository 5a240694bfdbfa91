import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { inputError } from '../../kit/errors/op-error.js';
import { parseJson } from '../../kit/json/parse-json.js';
import type { ReleaseDefinition, RepositoryDefinition } from '../author/release.js';

type Importing = Pick<Context, 'importModule'>;

const release = v.looseObject({
  octopipeline: v.literal('release'),
  name: v.string(),
  define: v.function(),
});
const repository = v.looseObject({
  octopipeline: v.literal('repository'),
  alias: v.optional(v.string()),
  state: v.optional(v.string()),
  intent: v.optional(v.string()),
  trigger: v.optional(v.function()),
});

/** Reads the release that a file exports by default. @throws OpError (input) */
export async function importRelease(context: Importing, file: string, shown: string): Promise<ReleaseDefinition> {
  const found = await importDefault(context, file, shown);
  if (v.is(release, found)) return found as unknown as ReleaseDefinition;
  throw inputError({
    what: `${shown} exports no release`,
    why: 'its default export is not what release(…) of octopipeline/release returns',
    hint: "write: export default release('NAME', ({ phase, call, deploy, environments }) => { … })",
  });
}

/** Reads what `octopipeline.repo.ts` exports by default. @throws OpError (input) */
export async function importRepository(context: Importing, file: string, shown: string): Promise<RepositoryDefinition> {
  const found = await importDefault(context, file, shown);
  if (v.is(repository, found)) return found as unknown as RepositoryDefinition;
  throw inputError({
    what: `${shown} exports no repository`,
    why: 'its default export is not what repository(…) of octopipeline/release returns',
    hint: "write: export default repository({ alias: 'NAME', state: 'directory:PATH' })",
  });
}

async function importDefault(context: Importing, file: string, shown: string): Promise<unknown> {
  try {
    const found = await importFile(context, file, shown);
    return unwrapped(found);
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'OpError') throw error;
    throw inputError({
      what: `cannot load ${shown}`,
      why: error.message,
      hint: 'correct the file; it may import what its own repository has installed',
      cause: error,
    });
  }
}

/** CommonJS in between puts the default export into another one. */
function unwrapped(found: unknown): unknown {
  let inner = found;
  while (typeof inner === 'object' && inner !== null && 'default' in inner) inner = inner.default;
  return inner;
}

/** Node reads TypeScript by itself from 22.18 on; before that, tsx of the repository does. */
async function importFile({ importModule }: Importing, file: string, shown: string): Promise<unknown> {
  const url = pathToFileURL(file).href;
  if (!/\.[cm]?ts$/u.test(file) || Reflect.get(process.features, 'typescript')) return importModule(url);
  const tsx = await findTsx(file);
  if (tsx === undefined) {
    throw inputError({
      what: `cannot load ${shown}`,
      why: `Node ${process.versions.node} does not read TypeScript, and the repository has no tsx`,
      hint: 'run op with Node 22.18 or newer, or install tsx there: npm install --save-dev tsx',
    });
  }
  const { tsImport } = v.parse(v.looseObject({ tsImport: v.function() }), await importModule(pathToFileURL(tsx).href));
  return tsImport(url, { parentURL: url });
}

const tsxManifest = v.object({
  exports: v.object({ './esm/api': v.object({ import: v.object({ default: v.string() }) }) }),
});

/** What `import 'tsx/esm/api'` would load in this file. */
async function findTsx(file: string): Promise<string | undefined> {
  try {
    const manifest = createRequire(file).resolve('tsx/package.json');
    const read = parseJson(tsxManifest, await readFile(manifest, 'utf8'));
    return read && join(dirname(manifest), read.exports['./esm/api'].import.default);
  } catch {
    return undefined;
  }
}
