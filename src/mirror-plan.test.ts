import type * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { type MirrorPlan, mirrorPlan } from './mirror-plan.js';
import { parseMirror } from './op/mirroring/mirror-file/read.js';
import type { mirrorFile } from './op/mirroring/mirror-file/schema.js';
import { CatalogError } from './tekton/problem.js';

type ReadOnly<T> = T extends (infer Item)[]
  ? readonly ReadOnly<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: ReadOnly<T[K]> }
    : T;
/** What op reads. */
type Read = ReadOnly<v.InferInput<typeof mirrorFile>>;

describe('a mirror plan in TypeScript', () => {
  it('has the type of what op reads', () => {
    expectTypeOf<MirrorPlan>().toExtend<Read>();
    expectTypeOf<Read>().toExtend<MirrorPlan>();
    expectTypeOf<keyof MirrorPlan['sources'][number]>().toEqualTypeOf<keyof Read['sources'][number]>();
  });

  it('becomes a mirror file that says the same', () => {
    const text = mirrorPlan({
      version: 1,
      defaults: { to: 'registry.site.test/mirror/{path}', immutableTags: ['v\\d+'] },
      limits: { bytes: '20GB' },
      sources: [
        { from: 'quay.io/acme/web', tags: { regex: '(?<v>1.*)-alpine', extract: '$v', semver: '1.20', newest: 1 } },
      ],
    });
    const { sources, limits } = parseMirror('mirror.yaml', text, '/');
    expect(limits.bytes).toBe(20e9);
    expect(sources).toMatchObject([
      { from: 'quay.io/acme/web', tags: { extract: '$v', semver: '1.20' }, immutableTags: ['v\\d+'] },
    ]);
  });

  it('has charts of Helm repositories', () => {
    const text = mirrorPlan({
      version: 1,
      sources: [
        {
          from: { helm: 'https://charts.example.com', charts: ['web'], provenance: 'required' },
          to: 'r.test/charts/{name}',
          tags: { semver: '^1', newest: 2 },
        },
      ],
    });
    const [source] = parseMirror('mirror.yaml', text, '/').sources;
    expect(source?.chart).toEqual({ repository: 'https://charts.example.com', name: 'web', provenance: 'required' });
  });

  it('is refused with all of its problems', () => {
    const plan = {
      version: 1,
      sources: [{ from: 'a/b:v1' }, { from: 'a/b', to: 'r.test/b', tags: { semver: 'new' } }],
    } as const;
    expect(() => mirrorPlan(plan)).toThrow(CatalogError);
    expect(() => mirrorPlan(plan)).toThrow('mirror > sources[1].tags.semver: is not a range of versions');
  });
});
