/** `npm run build`: the library into lib/ (JavaScript and types), and op and `octopipeline/testing` each into one file. */
import { rm } from 'node:fs/promises';
import { execa } from 'execa';
import { bundle, bundleTesting } from './bundle.js';

await rm('lib', { recursive: true, force: true });
await execa('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
await Promise.all([bundle(), bundleTesting()]);
