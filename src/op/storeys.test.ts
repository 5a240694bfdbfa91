import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = import.meta.dirname;

/** What a file of a storey may import: its own storey, and those that are named here. `context.ts` is for all. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  cli: ['delivery', 'mirroring', 'schedules', 'releases', 'laptop', 'images', 'store', 'systems', 'kit'],
  delivery: ['images', 'store', 'systems', 'kit'],
  mirroring: ['schedules', 'store', 'systems', 'kit'],
  schedules: ['store', 'systems', 'kit'],
  releases: ['store', 'systems', 'kit'],
  laptop: ['images', 'store', 'systems', 'kit'],
  images: ['store', 'systems', 'kit'],
  store: ['systems', 'kit'],
  systems: ['kit'],
  kit: [],
};

/** File → the files that it imports, types too; relative to `src/op`. Tests are left out. */
const imports = new Map(
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => [file, importsOf(file)]),
);

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from |import\()'(\.[^']+)\.js'/gu)].map(([, path = '']) =>
    relative(root, join(root, dirname(file), `${path}.ts`)),
  );
}

const storeyOf = (file: string) => file.slice(0, Math.max(0, file.indexOf('/')));

/** The import paths that lead back to where they start, each once. */
function circles(graph: ReadonlyMap<string, Iterable<string>>): readonly string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]) => {
    if (path.includes(node)) found.push([...path.slice(path.indexOf(node)), node].join(' -> '));
    if (done.has(node)) return;
    done.add(node);
    for (const next of graph.get(node) ?? []) visit(next, [...path, node]);
  };
  for (const node of graph.keys()) visit(node, []);
  return found;
}

describe('the storeys of op', () => {
  it('has no file outside of a storey but main.ts and context.ts', () => {
    const outside = [...imports.keys()].filter((file) => mayImport[storeyOf(file)] === undefined);
    expect(outside.toSorted()).toEqual(['context.ts', 'main.ts']);
  });

  it('imports only from the same storey or from below', () => {
    const upward = [...imports].flatMap(([file, targets]) => {
      const own = storeyOf(file);
      const allowed = mayImport[own];
      if (allowed === undefined) return [];
      return targets
        .filter((target) => ![own, ...allowed].includes(storeyOf(target)) && target !== 'context.ts')
        .filter((target) => !target.startsWith('..'))
        .map((target) => `${file} -> ${target}`);
    });
    expect(upward).toEqual([]);
  });

  it('reaches out of src/op only for the version, for local runs when there are some, and for what release files import', () => {
    const outside = [...imports].flatMap(([file, targets]) =>
      targets
        .filter((target) => target.startsWith('..') && target !== '../version.ts')
        .map((target) => `${file} -> ${target}`),
    );
    const doors = ['cli/commands/local.ts', 'cli/commands/run-tekton.ts'];
    const isDoor = (edge: string) =>
      doors.some((door) => edge.startsWith(`${door} -> ../local/commands/`)) ||
      edge === 'cli/commands/release-worker.ts -> ../release.ts';
    expect(outside.filter((edge) => !isDoor(edge))).toEqual([]);
    for (const door of doors) expect(readFileSync(join(root, door), 'utf8')).not.toMatch(/from '[^']*local\/commands/u);
  });

  it('has no folders that import each other', () => {
    const folders = new Map<string, Set<string>>();
    for (const [file, targets] of imports) {
      const own = dirname(file);
      const others = folders.get(own) ?? new Set();
      for (const target of targets) if (![own, '.'].includes(dirname(target))) others.add(dirname(target));
      if (own !== '.') folders.set(own, others);
    }
    expect(circles(folders)).toEqual([]);
  });

  it('has no files that import each other', () => expect(circles(imports)).toEqual([]));
});

describe('local runs', () => {
  const local = join(dirname(root), 'local');
  const files = readdirSync(local, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );

  it('import nothing of op but its kit and the type of its context', () => {
    const wrong = files.flatMap((file) =>
      [...readFileSync(join(local, file), 'utf8').matchAll(/from '(\.[^']+)\.js'/gu)]
        .map(([, path = '']) => relative(root, join(local, dirname(file), path)))
        .filter((path) => !path.startsWith('../') && path !== 'context' && !path.startsWith('kit/'))
        .map((path) => `${file} -> ${path}`),
    );
    expect(wrong).toEqual([]);
  });
});
