import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { param, sh, task, text, toTask, workspace } from '../index.js';
import type { WireStep } from '../wire/task.js';

/** A Task whose script prints its params bare, in double quotes, inside a word, in a here-document, and its list. */
const echo = task('echo', {
  params: { a: param.string(), b: param.string(), list: param.array() },
  workspaces: { source: workspace() },
  steps: ({ params, workspaces }) => [
    {
      name: 'echo',
      image: 'registry.example.com/sh:1@sha256:0000000000000000000000000000000000000000000000000000000000000000',
      env: { LATER: 'later', ALSO: params.b },
      script: sh`
        printf '%s\0' ${params.a} "${params.a}" pre${params.b}post "<${params.a}|${params.b}>" ${workspaces.source.path}/x "$@"
        cat <<END
        ${params.a}
        END
      `,
      args: [...params.list],
    },
  ],
});

const step = toTask(echo).spec.steps[0] ?? { name: 'none' };

/** What the script has to print for given values. */
function printed(a: string, b: string, list: readonly string[]): string {
  const words = [a, a, `pre${b}post`, `<${a}|${b}>`, '/workspace/source/x', ...list];
  return `${words.map((word) => `${word}\0`).join('')}${a}\n`;
}

function run(a: string, b: string, list: readonly string[]) {
  return runStep(step, {
    'params.a': a,
    'params.b': b,
    'params.list[*]': list,
    'workspaces.source.path': '/workspace/source',
  });
}

const names = (step.env ?? []).map(({ name }) => name);

/** Whether Kubernetes leaves the text as it is: no `$$`, and no `$(NAME)` of a variable of this container. */
function isLeftAlone(value: string): boolean {
  return !value.includes('$$') && !names.some((name) => value.includes(`$(${name})`));
}

const hostile = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc
      .array(
        fc.constantFrom(
          ...[
            '"',
            "'",
            '\\',
            '`',
            '\n',
            '\r',
            '\t',
            ' ',
            '$',
            '$(id)',
            '$(params.b)x',
            '$HOME',
            '${IFS}',
            '$((1+1))',
            '*',
            '?',
          ],
          ...[
            '-n',
            '--',
            '-e',
            ';',
            '&&',
            '|',
            '>',
            '<',
            '#',
            '!',
            '~',
            '\u0007',
            '\u202e',
            'é',
            '😀',
            '\nEND\n',
            'END',
            "'\"'",
          ],
          ...['`touch /tmp/pwned`', '$(touch /tmp/pwned)', '"; exit 7; "', "'; exit 7; '", '%s%n', '\\0', '\\n'],
        ),
        { maxLength: 12 },
      )
      .map((parts) => parts.join('')),
  )
  .filter((value) => !value.includes('\0') && isLeftAlone(value));

describe('sh', () => {
  it('delivers every hostile value byte for byte to a real shell', () => {
    fc.assert(
      fc.property(hostile, hostile, fc.array(hostile, { maxLength: 4 }), (a, b, list) => {
        const ran = run(a, b, list);
        expect(ran.stderr).toBe('');
        expect(ran.status).toBe(0);
        expect(ran.stdout.equals(Buffer.from(printed(a, b, list)))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('delivers a value of 64 kB', () => {
    const big = '$(x) `"\'\\\n é😀'.repeat(4096).slice(0, 64 * 1024);
    const ran = run(big, 'b', []);
    expect(ran.stdout.equals(Buffer.from(printed(big, 'b', [])))).toBe(true);
  });

  it('puts references before every other variable of the step, so that a value can read none of them', () => {
    expect(names).toEqual(['V_PARAMS_A', 'V_PARAMS_B', 'V_WORKSPACES_SOURCE_PATH', 'ALSO', 'LATER']);
    const env = environment(step, { 'params.a': '$(LATER)', 'params.b': '$(SECRET)', 'workspaces.source.path': '' });
    expect(env).toMatchObject({ V_PARAMS_A: '$(LATER)', V_PARAMS_B: '$(SECRET)' });
  });

  it("cannot prevent Kubernetes' own rewriting, which reaches earlier references only", () => {
    const env = environment(step, {
      'params.a': 'cost: $$5',
      'params.b': '$(V_PARAMS_A)',
      'workspaces.source.path': '',
    });
    expect(env).toMatchObject({ V_PARAMS_A: 'cost: $5', V_PARAMS_B: 'cost: $5' });
  });

  it('takes the text raw, without the indentation of the source file', () => {
    const [only] = toTask(
      task('t', {
        params: { 'a-b': param.string(), a_b: param.string() },
        steps: ({ params }) => [
          {
            name: 's',
            image: 'i@sha256:0000000000000000000000000000000000000000000000000000000000000000',
            script: sh`
              #!/bin/bash
              printf '%s\n' \`date\` "\${HOME}" ${params['a-b']} ${params.a_b} ${params['a-b']} ${3}
                indented ${text`x${params.a_b}`}
            `,
          },
        ],
      }),
    ).spec.steps;
    expect(only?.script).toBe(
      `#!/bin/bash
printf '%s\\n' \`date\` "\${HOME}" "\${V_PARAMS_A_B}" "\${V_PARAMS_A_B_2}" "\${V_PARAMS_A_B}" 3
  indented "\${V_TEXT}"
`,
    );
    expect(only?.env).toEqual([
      { name: 'V_PARAMS_A_B', value: '$(params.a-b)' },
      { name: 'V_PARAMS_A_B_2', value: '$(params.a_b)' },
      { name: 'V_TEXT', value: 'x$(params.a_b)' },
    ]);
  });
});

/*
 * What happens to a step between the cluster and the shell: Tekton's substitution, which is plain text replacement,
 * then Kubernetes' expansion of `$(NAME)`, then a real /bin/sh.
 */

/** Values for variables, by what stands between `$(` and `)`: `params.url`. Lists go by `params.files[*]`. */
type Variables = { readonly [variable: string]: string | readonly string[] };

/** What the shell wrote. */
interface Ran {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs the script of a step as its pod would. */
function runStep(step: WireStep, variables: Variables): Ran {
  const directory = mkdtempSync(join(tmpdir(), 'octopipeline-sh-'));
  try {
    const script = join(directory, 'script');
    writeFileSync(script, step.script ?? '');
    const env = environment(step, variables);
    const args = (step.args ?? []).flatMap((arg) => substituteItem(arg, variables)).map((arg) => expand(arg, env));
    const ran = spawnSync('/bin/sh', [script, ...args], {
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...env },
      maxBuffer: 1 << 26,
    });
    return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr.toString() };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The environment of the container. Each value is expanded with the variables before it, as the kubelet does. */
function environment(step: WireStep, variables: Variables): { readonly [name: string]: string } {
  const env: Record<string, string> = {};
  for (const { name, value = '' } of step.env ?? []) env[name] = expand(substitute(value, variables), env);
  return env;
}

/** Tekton replaces variables as text, without escaping anything. */
function substitute(text: string, variables: Variables): string {
  return text.replace(/\$\(([^()]*)\)/g, (whole, name: string) => {
    const value = variables[name];
    return typeof value === 'string' ? value : whole;
  });
}

function substituteItem(text: string, variables: Variables): readonly string[] {
  const list = variables[text.slice(2, -1)];
  return Array.isArray(list) ? list : [substitute(text, variables)];
}

/**
 * Kubernetes' expansion, as documented for `env[].value`: `$(NAME)` becomes the value of a variable that is known and
 * stays as it is otherwise; `$$` becomes `$`, so `$$(NAME)` is never expanded.
 */
function expand(input: string, env: { readonly [name: string]: string }): string {
  return input.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$';
    return env[name] ?? whole;
  });
}
