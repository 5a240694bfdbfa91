/**
 * The cdk8s app: `npm run synth` and `npx cdk8s synth` write the same `dist/`, the PipelineRuns of `examples/` and the pages of
 * `docs/reference`, with the schema of the mirror file.
 * `--config FILE` reads another configuration and `--outdir DIR` writes elsewhere; then the other files are not written.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createCatalog, createExamples, createReference } from './catalog.js';
import type { CatalogConfig } from './cdk8s/config.js';
import { mirrorFileSchema } from './mirror-schema.js';

const options = { config: { type: 'string' }, outdir: { type: 'string' } } as const;
let doing = 'synth';

try {
  const { values } = parseArgs({ options });
  const file = resolve(values.config ?? 'octopipeline.config.ts');
  doing = `synth with ${file}`;
  const { default: config } = (await import(pathToFileURL(file).href)) as { default?: CatalogConfig };
  if (config === undefined) throw new Error('it has no default export; write: export default defineConfig({})');
  createCatalog(config, values.outdir).synth();
  if (values.config === undefined && values.outdir === undefined) {
    createExamples('examples').synth();
    for (const [name, page] of createReference()) writeFileSync(join('docs/reference', name), page);
    writeFileSync('docs/reference/mirror-file.schema.json', mirrorFileSchema());
  }
} catch (error) {
  process.stderr.write(`${doing}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
