/** `npm run build`: the types of the library, and the library (for `import` and for `require`), `octopipeline/testing` and op, each as one file. */
import { rm } from 'node:fs/promises';
import { execa } from 'execa';
import { bundle, bundleLibrary, bundleTesting } from './bundle.js';

await rm('lib', { recursive: true, force: true });
await execa('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
await Promise.all([bundle(), bundleLibrary(), bundleTesting()]);
