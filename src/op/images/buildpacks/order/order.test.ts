import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { Builder } from '../specification/builder.js';
import { noDescriptor } from '../specification/project-descriptor.js';
import { readToml } from '../specification/toml.js';
import type { InstalledBuildpack } from './install-buildpacks.js';
import { composeOrder, formatOrder, requestedBuildpacks } from './order.js';

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
const module = (id: string): InstalledBuildpack => ({
  source: { from: 'directory', path: id },
  module: { id, version: '9' },
});
const all: InstalledBuildpack = { source: { from: 'builder', all: true }, module: undefined };
const none = { buildpacks: [], pre: [], post: [] };
const ids = (installed: Parameters<typeof composeOrder>[1]) =>
  composeOrder(builder, installed)?.map((group) => group.map(({ id }) => id).join(' '));

// The examples are those of pack's own documentation of its processBuildpacks.
describe('the order of buildpacks', () => {
  it('is the order of the builder if nothing is requested', () => {
    expect(composeOrder(builder, none)).toBeUndefined();
  });

  it('is exactly what is requested', () => {
    expect(ids({ ...none, buildpacks: [module('x')] })).toEqual(['x']);
  });

  it('has the groups of the builder in place of from=builder', () => {
    expect(ids({ ...none, buildpacks: [all, module('x')] })).toEqual(['a b x', 'a x']);
    expect(ids({ ...none, buildpacks: [module('x'), all, module('y')] })).toEqual(['x a b y', 'x a y']);
  });

  it('has pre and post around every group of the builder', () => {
    expect(ids({ buildpacks: [], pre: [module('p'), module('q')], post: [module('z')] })).toEqual([
      'q p a b z',
      'q p a z',
    ]);
  });

  it('uses the buildpacks in skaffold.yaml instead of all those in project.toml', () => {
    const [one] = [{ id: 'one', version: undefined, uri: undefined, script: undefined }];
    const descriptor = { ...noDescriptor, buildpacks: [one], pre: [one] };
    expect(requestedBuildpacks(['two'], descriptor)).toEqual({ buildpacks: ['two'], pre: [], post: [] });
    expect(requestedBuildpacks([], descriptor)).toEqual({ buildpacks: [one], pre: [], post: [] });
    expect(requestedBuildpacks([], { ...descriptor, buildpacks: [] })).toEqual({
      buildpacks: [],
      pre: [one],
      post: [],
    });
  });

  it('is written as valid TOML, whatever characters a name has', () => {
    const text = formatOrder([[{ id: 'a"b\\c', version: '1', optional: true }], [{ id: 'd', version: '2' }]]);
    expect(readToml(text, v.unknown())).toEqual({
      value: {
        order: [{ group: [{ id: 'a"b\\c', version: '1', optional: true }] }, { group: [{ id: 'd', version: '2' }] }],
      },
    });
  });
});
