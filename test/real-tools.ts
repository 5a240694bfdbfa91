/** Which test files run other programs or servers: `npm run check` leaves these out, `npm test` runs all. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = dirname(import.meta.dirname);
const folders = ['src', 'tasks', 'pipelines', 'optional', 'scripts', 'image', 'examples', 'test'];
/** What a file imports that starts a program, a server or a compiler. */
const starting =
  /from '(?:execa|playwright-core|typescript|node:(?:child_process|net|http|https|tls)|\.\/run\.js|[./]+(?:src\/local\/)?task-run\/run-task\.js)'/u;
/** The project's code is not followed: most of it could start a program, and a test of it that does sets the program up in `test/`. */
const followed = /^(?:test|scripts|image)\//u;

/** All test files but those of the test cluster, relative to the project: those that need only Node, and the others. */
export function testFiles(): { readonly pure: readonly string[]; readonly withTools: readonly string[] } {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts') && !file.endsWith('.cluster.test.ts'))
      .map((file) => `${folder}/${file}`)
      .filter((file) => !file.startsWith('test/cluster/')),
  );
  const seen = new Map<string, boolean>();
  const withTools = files.filter((file) => startsPrograms(file, seen));
  return { pure: files.filter((file) => !withTools.includes(file)), withTools };
}

/** Whether a file, or what it imports of the tests' own code, starts a program or a server. */
function startsPrograms(file: string, seen: Map<string, boolean>): boolean {
  const known = seen.get(file);
  if (known !== undefined) return known;
  seen.set(file, false);
  // What is imported for its types only does not run.
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/^(?:import|export) type [^;]*;/gmu, '');
  const imported = [...text.matchAll(/from '(\.[^']+)\.js'/gu)]
    .map(([, path = '']) => relative(root, join(root, dirname(file), `${path}.ts`)))
    .filter((path) => followed.test(path) && existsSync(join(root, path)));
  const starts = starting.test(text) || imported.some((path) => startsPrograms(path, seen));
  seen.set(file, starts);
  return starts;
}
