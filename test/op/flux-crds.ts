import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The controllers whose kinds op knows, as the project's own cluster has them. */
const modules = [
  'github.com/fluxcd/source-controller@v1.9.1',
  'github.com/fluxcd/helm-controller@v1.6.4',
  'github.com/fluxcd/kustomize-controller@v1.9.5',
] as const;

/** The CustomResourceDefinitions of Flux, as YAML, out of the modules of its controllers. */
export async function fluxCrds(): Promise<string> {
  const texts = await Promise.all(modules.map(crdsOf));
  return texts.flat().join('\n---\n');
}

async function crdsOf(module: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', module], { cwd: tmpdir() });
  const { Dir }: { readonly Dir: string } = JSON.parse(stdout);
  const directory = join(Dir, 'config/crd/bases');
  return Promise.all((await readdir(directory)).map((file) => readFile(join(directory, file), 'utf8')));
}
