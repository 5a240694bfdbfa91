import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type AnyDefinition, assertValid, CatalogError, validate, validateAll } from '../../src/tekton/index.js';
import { mistakes } from './mistakes.js';

function isList(written: AnyDefinition | readonly AnyDefinition[]): written is readonly AnyDefinition[] {
  return Array.isArray(written);
}

describe('synth refuses', () => {
  it.each(mistakes.map((entry) => [entry.mistake, entry] as const))('%s', (_, { write, says }) => {
    const written = write();
    const problems = isList(written) ? validateAll(written) : validate(written);
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual(says);
  });

  it('everything at once, in one error that lists every path, message and hint', () => {
    const written = mistakes.flatMap(({ write }) => write()).filter((definition) => definition.name === 'Build');
    expect(() => assertValid(written)).toThrow(CatalogError);
    try {
      assertValid(written);
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid-definition' });
      expect(String(error)).toContain(
        'task/Build > workspaces.b: is the second workspace for a volume that is required',
      );
      expect(String(error)).toContain('    do: rename one of them');
    }
  });
});

describe('the list of mistakes', () => {
  it('is README.md, has every mistake of both files, and more than 40', async () => {
    const code = await readFile(new URL('refused.ts', import.meta.url), 'utf8');
    const compiled = [...code.matchAll(/^ *\/\/ mistake: (.*)$/gm)].map(([, mistake = '']) => mistake);
    const directives = [...code.matchAll(/^ *\/\/ @ts-expect-error$/gm)];
    expect(directives).toHaveLength(compiled.length);
    expect(compiled.length + mistakes.length).toBeGreaterThan(40);
    await expect(page(compiled)).toMatchFileSnapshot('README.md');
  });
});

/** The list that people read; `npx vitest run test/types -u` writes it. */
function page(compiled: readonly string[]): string {
  return [
    '# What an author cannot get wrong',
    '',
    `${compiled.length} mistakes do not compile (refused.ts, messages.test.ts), and ${mistakes.length} more are found at synth with the path to them`,
    '(mistakes.ts). "In JavaScript" marks those that TypeScript would have found before. This page is generated from the tests.',
    '',
    '## Found by the compiler',
    '',
    ...compiled.map((mistake) => `- ${mistake}`),
    '',
    '## Found at synth',
    '',
    ...mistakes.map(({ mistake, says }) => `### ${mistake}\n\n${says.map((line) => `- \`${line}\``).join('\n')}\n`),
  ].join('\n');
}
