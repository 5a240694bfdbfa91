import { ownGoTool, starlarkHelper } from '../../image/own-go-tool.js';
import { buildValidator, whyNot } from './tekton.js';

/** Builds the programs in Go that tests run before any test: once for all workers, and in no test's time. */
export default async function setup(): Promise<void> {
  if ((await whyNot()) !== undefined) return;
  await ownGoTool(starlarkHelper);
  await buildValidator();
}
