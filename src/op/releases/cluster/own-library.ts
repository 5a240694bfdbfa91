import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const key = 'octopipeline/release';

/**
 * Gives a checkout the module `octopipeline/release` of this op, where Node looks after the modules of the repository: in `node_modules` of
 * the directory above. A pod has no package manager, and a clone no modules.
 */
export async function provideLibrary(checkout: string, library: object): Promise<void> {
  Reflect.set(globalThis, Symbol.for(key), library);
  const directory = join(dirname(checkout), 'node_modules', 'octopipeline');
  await mkdir(directory, { recursive: true });
  const manifest = { name: 'octopipeline', type: 'module', exports: { './release': './release.js' } };
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest));
  const names = Object.keys(library).join(', ');
  await writeFile(
    join(directory, 'release.js'),
    `export const { ${names} } = globalThis[Symbol.for(${JSON.stringify(key)})];\n`,
  );
}
