import fc from 'fast-check';
import { type Params, param, type Results, result, type Workspaces, workspace } from '../../../src/tekton/index.js';

/** Names that are mostly right, often the same, and sometimes wrong in one of the ways that names go wrong. */
export const name = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom(...'url source build push a b2 git-clone x-y-z c d3 e-f ghi'.split(' ')) },
  { weight: 2, arbitrary: fc.constantFrom('URL', 'a.b', 'a_b', '1st', 'IMAGE_URL', 'camelCase') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      '-a',
      'a-',
      '.a',
      'a.',
      'ä',
      'a b',
      'a/b',
      'a'.repeat(63),
      'a'.repeat(64),
      '$(x)',
      '__proto__',
    ),
  },
);

/** Texts that Tekton might take for one of its own references, among plain ones. */
export const value = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom('', 'main', '--flag=x', 'a b', 'line\nline', '0', 'true', '~', '/tmp') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '$(params.url)',
      '$(HOME)',
      '$$(params.url)',
      '$(',
      '${X}',
      '$(tasks.a.status)',
      '$(context.pipelineRun.x)',
    ),
  },
);

export const duration = fc.constantFrom(
  ...['0s', '5s', '10m', '1h', '1h30m', '2h', '90m', '30s', '1m', '-5s'],
) as fc.Arbitrary<`${number}s`>;
export const path = fc.constantFrom(
  '/data',
  '/data/',
  '/workspace/source',
  '/tmp',
  '/tekton/bin',
  '/tekton/home/x',
  '/x/../tekton/run',
  'relative',
);
const record = <T>(values: fc.Arbitrary<T>) => fc.dictionary(name, values, { maxKeys: 3, noNullPrototype: true });

export const params: fc.Arbitrary<Params> = record(
  fc.oneof(
    fc.constantFrom(param.string(), param.array(), param.object({ url: 'string' }), param.object({}), param.duration()),
    value.map((text) => param.string({ default: text })),
    value.map((text) => param.array({ default: [text] })),
    name.map((key) => param.object({ [key]: 'string' })),
    value.map((text) => param.object({ url: 'string' }, { default: { url: text } })),
    fc.constant(param.oneOf(['a', 'b'], { default: 'a' })),
  ),
);

export const results: fc.Arbitrary<Results> = record(
  fc.oneof(
    fc.constantFrom(result.string(), result.array(), result.object({ url: 'string' }), result.object({})),
    name.map((key) => result.object({ [key]: 'string' })),
  ),
);

export const workspaces: fc.Arbitrary<Workspaces> = record(
  fc.oneof(
    fc.constantFrom(
      workspace(),
      workspace({ optional: true }),
      workspace.secret(),
      workspace.config({ optional: true }),
    ),
    path.map((mountPath) => workspace({ mountPath, optional: true })),
    path.map((mountPath) => workspace.secret({ mountPath })),
  ),
);

export const optional = <T extends object>(fields: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields as { [K in keyof T]: fc.Arbitrary<T[K]> }, { requiredKeys: [] });
