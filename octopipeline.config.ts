import { defineConfig } from './src/cdk8s/config.js';

/** What this synth changes of the catalog; see `CatalogConfig` for all there is. */
export default defineConfig({});
