import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { Builder } from './builder.js';
import { composeOrder, formatOrder, type Placed, wanted } from './order.js';
import { noDescriptor } from './project-descriptor.js';
import { readToml } from './toml.js';

const builder: Builder = {
  image: 'b',
  platformApis: [],
  order: [
    [
      { id: 'a', version: '1' },
      { id: 'b', version: '2', optional: true },
    ],
    [{ id: 'a', version: '1' }],
  ],
  buildpacks: [],
  runImages: [],
  runToml: undefined,
  stackToml: undefined,
};
const module = (id: string): Placed => ({ located: { from: 'directory', path: id }, module: { id, version: '9' } });
const all: Placed = { located: { from: 'builder', all: true }, module: undefined };
const none = { buildpacks: [], pre: [], post: [] };
const ids = (placed: Parameters<typeof composeOrder>[1]) =>
  composeOrder(builder, placed)?.map((group) => group.map(({ id }) => id).join(' '));

// The examples are those of pack's own documentation of its processBuildpacks.
describe('the order of buildpacks', () => {
  it('is the builder own one when nothing is asked for', () => {
    expect(composeOrder(builder, none)).toBeUndefined();
  });

  it('is exactly what is asked for', () => {
    expect(ids({ ...none, buildpacks: [module('x')] })).toEqual(['x']);
  });

  it('has the builder groups in the place of from=builder', () => {
    expect(ids({ ...none, buildpacks: [all, module('x')] })).toEqual(['a b x', 'a x']);
    expect(ids({ ...none, buildpacks: [module('x'), all, module('y')] })).toEqual(['x a b y', 'x a y']);
  });

  it('has those before and after around every group of the builder', () => {
    expect(ids({ buildpacks: [], pre: [module('p'), module('q')], post: [module('z')] })).toEqual([
      'q p a b z',
      'q p a z',
    ]);
  });

  it('takes buildpacks of skaffold.yaml in place of all that project.toml says of them', () => {
    const [one] = [{ id: 'one', version: undefined, uri: undefined, script: undefined }];
    const descriptor = { ...noDescriptor, buildpacks: [one], pre: [one] };
    expect(wanted(['two'], descriptor)).toEqual({ buildpacks: ['two'], pre: [], post: [] });
    expect(wanted([], descriptor)).toEqual({ buildpacks: [one], pre: [], post: [] });
    expect(wanted([], { ...descriptor, buildpacks: [] })).toEqual({ buildpacks: [], pre: [one], post: [] });
  });

  it('is written as TOML that holds whatever a name may be', () => {
    const text = formatOrder([[{ id: 'a"b\\c', version: '1', optional: true }], [{ id: 'd', version: '2' }]]);
    expect(readToml(text, v.unknown())).toEqual({
      value: {
        order: [{ group: [{ id: 'a"b\\c', version: '1', optional: true }] }, { group: [{ id: 'd', version: '2' }] }],
      },
    });
  });
});
