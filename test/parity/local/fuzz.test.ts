/** Manifests of hooks: where op accepts one, Kubernetes' own reader of YAML reads the same, once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readManifest } from '../../../src/op/delivery/helm-test/manifest.js';
import { askTekton, whyNot } from '../tekton.js';

const missing = await whyNot();

/** Bits of YAML that readers disagree about, and such as they agree about. */
const odd = fc.constantFrom(
  ...[
    'shop',
    'flux',
    'Pod',
    'Job',
    'default',
    '"shop"',
    "'flux'",
    '|',
    '>-',
    '"fl\\',
    '"\\x66lux"',
    '"\\/"',
    '""',
    "''",
  ],
  ...[
    'namespace: flux',
    'namespace : flux',
    '"namespace": flux',
    '? namespace',
    ': flux',
    '- flux',
    '{namespace: flux}',
  ],
  ...[
    '<<: {namespace: flux}',
    '"<<": {namespace: flux}',
    '<<',
    '&a flux',
    '*a',
    '!!str flux',
    '!<x> flux',
    '%YAML 1.1',
  ],
  ...[
    '---',
    '---#:',
    '--- #',
    '--- flux',
    '---\t',
    '...',
    '... #',
    '# comment',
    ' #',
    '#',
    '\t',
    '\t#',
    '\u2028',
    '\u2029',
  ],
  ...[
    '\u0085',
    '\r',
    '\r\n',
    '\u000b',
    '\u000c',
    '\u0000',
    '\u00a0',
    '\ufeff',
    '\u200b',
    '\u001b',
    '\u007f',
    'é',
    '\u{1f600}',
  ],
  ...[
    'yes',
    'y',
    'on:',
    'y: 1',
    'null',
    '~',
    '010',
    '0o10',
    '0x1F',
    '1_000',
    '1:30',
    '2001-01-01',
    '1e3',
    '.inf',
    '-0',
  ],
  ...[
    '18446744073709551615',
    '1.20',
    '+1',
    '1.',
    '.5',
    '"1": a',
    '1: a',
    'null: a',
    '~: a',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
  ],
  ...[
    '[a, b]',
    '{a: b, a: c}',
    'a: b: c',
    'a:b',
    'a: "b" c',
    'items: []',
    'Items: []',
    'key:',
    '- - a',
    '@a',
    '`a',
    '|2',
    '>+',
  ],
  ...['"a\nb"', '"a\\\n  b"', "'a\n\n b'", 'a\n  b', '"\\u2028"', '"\\ud800"', '"\\N"', '"\\e"', '"\\ "', '\\n', '`'],
);
const space = fc.constantFrom('', ' ', '\n', '\n  ', '\n    ', '\n\n', ' \n', '  ', '\n- ', '\n  - ');
const noise = fc.array(fc.tuple(space, odd, space), { maxLength: 3 }).map((parts) => parts.flat().join(''));
/** A manifest as charts write it, with noise in places. */
const written = fc
  .record({ at: fc.array(noise, { minLength: 9, maxLength: 9 }), where: fc.uniqueArray(fc.nat(8), { maxLength: 2 }) })
  .map(({ at, where }) => {
    const n = (index: number) => (where.includes(index) ? (at[index] ?? '') : '');
    return `${n(0)}apiVersion: v1${n(1)}\nkind: Pod${n(2)}\nmetadata:${n(3)}\n  name: a\n  namespace: shop${n(4)}\n${n(5)}  labels: {a: b${n(6)}}\nspec:\n  serviceAccountName: default${n(7)}\n  args: [a]\n${n(8)}`;
  });
/** Any bytes of one that is right, changed. */
const changed = fc
  .record({
    text: written,
    position: fc.nat(160),
    length: fc.nat(2),
    by: fc.oneof(odd, space, fc.string({ maxLength: 2 })),
  })
  .map(({ text, position, length, by }) => text.slice(0, position) + by + text.slice(position + length));

describe.skipIf(missing !== undefined && process.env.CI === undefined)(
  `whatever op accepts, Kubernetes reads as the same object${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    test('manifests made at random', async () => {
      const texts = fc.sample(fc.oneof(written, changed), { numRuns: 40000, seed: Number(process.env.FUZZ_SEED) });
      const accepted = texts.flatMap((text) => {
        const read = readManifest(text);
        return typeof read === 'string' ? [] : [{ text, read }];
      });
      expect(accepted.length).toBeGreaterThan(800);
      const answers = await askTekton(accepted.map(({ text }) => ({ do: 'manifest', text })));
      expect(answers.filter(({ error }) => error === undefined).length).toBeGreaterThan(800);
      const others = accepted.flatMap(({ text, read }, index) => {
        const { answer } = answers[index] ?? {};
        // What Go does not read at all, no chart has installed.
        if (answer === undefined) return [];
        const whole = JSON.parse(JSON.stringify([read]));
        if (whole[0].metadata.namespace === '') delete whole[0].metadata.namespace;
        const found = JSON.parse(JSON.stringify(answer));
        if (found?.[0]?.metadata?.namespace === '' || found?.[0]?.metadata?.namespace === null)
          delete found[0].metadata.namespace;
        return isEqual(found, whole) ? [] : [{ text, op: whole, kubernetes: found }];
      });
      expect(others.slice(0, 5)).toEqual([]);
    });
  },
);

function isEqual(one: unknown, other: unknown): boolean {
  try {
    expect(one).toEqual(other);
    return true;
  } catch {
    return false;
  }
}
