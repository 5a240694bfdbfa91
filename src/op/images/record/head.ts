import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { readHead } from '../../systems/git/head.js';
import { sourceOutputs } from '../push/outputs.js';
import { logSource } from '../push/report.js';

/** Gives the commit that is checked out, before any code of the repository runs. */
export async function head(context: Context, { directory }: { readonly directory: string }) {
  const found = await readHead(context, resolve(context.cwd, directory));
  logSource(context, found);
  return sourceOutputs(found, undefined);
}
