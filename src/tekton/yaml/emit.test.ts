import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { toYaml } from './emit.js';

/** Text that YAML readers are known to misread, beside any text at all. */
const text = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme' }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 2, arbitrary: fc.array(fc.string({ unit: 'grapheme' })).map((lines) => lines.join('\n')) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...[
        'yes',
        'No',
        'on',
        'OFF',
        'y',
        'N',
        'true',
        'null',
        '~',
        '',
        ' ',
        '-',
        '--',
        '---',
        '...',
        '1',
        '1_000',
        '0x1f',
      ],
      ...['0o7', '0777', '12:30:45', '1e3', '.5', '.inf', '.NaN', '2024-01-01', '10m', '1Gi', '128Mi', '1E', '=', '<<'],
      ...[
        '$(params.url)',
        '--url=$(params.url)',
        'a: b',
        'a:',
        'a #b',
        '# a',
        '&a',
        '*a',
        '!a',
        '|',
        '>',
        '@a',
        '`a`',
        '"a"',
      ],
      ...[
        "'a'",
        '[a]',
        '{a}',
        'a, b',
        '%a',
        '? a',
        '- a',
        'a\tb',
        '\ta',
        'a\n',
        'a\n\n',
        '\na',
        'a\n b',
        ' a\nb',
        'a \nb',
      ],
      ...[
        'a\r\nb',
        'a\u0085b',
        'a\u2028b',
        '\ufeffa',
        'a\u00a0',
        'é\nü',
        '😀',
        '😀\n😀',
        '#!/bin/sh\nset -eu\n',
        'a\n---\nb\n',
      ],
    ),
  },
);
const leaf = fc.oneof(
  text,
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constant(null),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(text, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const documents = fc.array(fc.dictionary(text, tree, { maxKeys: 5, noNullPrototype: true }), {
  minLength: 1,
  maxLength: 3,
});

/** The same without the difference between 0 and -0, which YAML and JSON do not agree on. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('toYaml', () => {
  it.each(['1.1', '1.2'] as const)('reads back as the same data in YAML %s', (version) => {
    fc.assert(
      fc.property(documents, (given) => {
        const parsed = parseAllDocuments(toYaml(given), {
          version,
          merge: false,
          schema: version === '1.1' ? 'yaml-1.1' : 'core',
        });
        expect(parsed.map((document) => plain(document.toJS()))).toEqual(plain(given));
      }),
      { numRuns: 400 },
    );
  });

  it('keeps the order of fields, writes text of several lines as a block, and quotes only what needs it', () => {
    const task = {
      kind: 'Task',
      apiVersion: 'tekton.dev/v1',
      spec: {
        empty: {},
        none: undefined,
        list: [],
        steps: [{ name: 'a', args: ['--x=$(params.x)', 'yes', '10m', ['b']] }],
      },
      script: '#!/bin/sh\necho hi\n',
      version: '1.0',
      port: 80,
    };
    expect(toYaml(task, { header: 'octopipeline\n\nsource: x.ts' })).toBe(`# octopipeline
#
# source: x.ts
kind: Task
apiVersion: tekton.dev/v1
spec:
  empty: {}
  list: []
  steps:
    - name: a
      args:
        - --x=$(params.x)
        - "yes"
        - 10m
        - - b
script: |
  #!/bin/sh
  echo hi
version: "1.0"
port: 80
`);
  });

  it('separates documents', () => {
    expect(toYaml([{ a: 1 }, { b: '2' }])).toBe('a: 1\n---\nb: "2"\n');
    expect(parse(toYaml({}))).toEqual({});
  });

  it.each([
    ['a function', () => 1],
    ['a class instance', new Date(0)],
    ['NaN', Number.NaN],
    ['a symbol', Symbol('x')],
  ])('refuses %s', (_, value) => {
    expect(() => toYaml({ value })).toThrow(TypeError);
  });
});
