import { chmod, copyFile, mkdir, realpath } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';

const report = v.object({ sharedObjects: v.array(v.string()) });

/**
 * `op mirror carry`: copies op with everything that it needs into a directory, so that it runs in the container of any image: Node, the
 * libraries that Node has loaded, and their loader. Linux only.
 * @throws OpError (tool)
 */
export async function carry({ cwd, log }: Context, { to }: { readonly to: string }): Promise<void> {
  const directory = resolve(cwd, to);
  const program = process.argv[1];
  const { sharedObjects } = v.parse(report, process.report.getReport());
  const files = sharedObjects.filter((path) => path.startsWith('/'));
  const loader = files.find((path) => /^ld-(?:linux|musl)/u.test(basename(path)));
  if (program === undefined || loader === undefined) {
    throw toolError({
      what: `op cannot be copied to ${directory}`,
      why: 'this Node does not say with which loader and libraries it runs',
      hint: 'run it in the image of octopipeline',
    });
  }
  await mkdir(join(directory, 'lib'), { recursive: true });
  const copies = [
    [process.execPath, 'node'],
    [await realpath(program), 'op.cjs'],
    [loader, 'loader'],
    ...files
      .filter((path) => path !== loader && path !== process.execPath)
      .map((path) => [path, `lib/${basename(path)}`]),
  ] as const;
  for (const [from = '', name = ''] of copies) {
    const target = join(directory, name);
    await copyFile(from, target);
    await chmod(target, name === 'node' || name === 'loader' ? 0o755 : 0o644);
  }
  log.step(`copied op and ${copies.length - 1} files that it runs with to ${directory}`);
}
