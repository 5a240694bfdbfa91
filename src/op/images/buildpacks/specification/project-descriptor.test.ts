import { describe, expect, it } from 'vitest';
import { noDescriptor, parseProjectDescriptor } from './project-descriptor.js';

function parse(content: string) {
  const warnings: string[] = [];
  const descriptor = parseProjectDescriptor('app/project.toml', content, { warn: (text) => void warnings.push(text) });
  return { descriptor, warnings };
}
const version = '[_]\nschema-version = "0.2"\n';
const named = { id: undefined, version: undefined, uri: undefined, script: undefined };

describe('project.toml', () => {
  it('of schema 0.2 has builder, files, buildpacks and variables', () => {
    const { descriptor, warnings } = parse(`${version}
[_.metadata]
whatever = true
[io.buildpacks]
builder = "acme/builder:1"
exclude = ["*.md", "test/"]
[[io.buildpacks.group]]
id = "acme/node"
version = "1.2.3"
[[io.buildpacks.group]]
uri = "../buildpacks/own"
[[io.buildpacks.group]]
id = "acme/inline"
[io.buildpacks.group.script]
api = "0.10"
inline = "echo hi"
[[io.buildpacks.pre.group]]
id = "acme/first"
[[io.buildpacks.post.group]]
id = "acme/last"
[[io.buildpacks.build.env]]
name = "BP_NODE_VERSION"
value = "22"
`);
    expect(warnings).toEqual([]);
    expect(descriptor).toEqual({
      builder: 'acme/builder:1',
      include: [],
      exclude: ['*.md', 'test/'],
      buildpacks: [
        { ...named, id: 'acme/node', version: '1.2.3' },
        { ...named, uri: '../buildpacks/own' },
        { ...named, id: 'acme/inline', script: { api: '0.10', inline: 'echo hi', shell: '/bin/sh' } },
      ],
      pre: [{ ...named, id: 'acme/first' }],
      post: [{ ...named, id: 'acme/last' }],
      env: { BP_NODE_VERSION: '22' },
    });
  });

  it('without a version is of schema 0.1, where the tables have other names', () => {
    const { descriptor } = parse(`[project]
name = "app"
[build]
include = ["src/"]
[[build.buildpacks]]
id = "acme/java"
[[build.env]]
name = "A"
value = "b"
`);
    expect(descriptor).toEqual({
      ...noDescriptor,
      include: ['src/'],
      buildpacks: [{ ...named, id: 'acme/java' }],
      env: { A: 'b' },
    });
  });

  it('reads variables in the older table, as pack does', () => {
    const { descriptor } = parse(`${version}[[io.buildpacks.env.build]]\nname = "A"\nvalue = "b"\n`);
    expect(descriptor.env).toEqual({ A: 'b' });
  });

  it('warns about ignored keys', () => {
    expect(parse('[io.buildpacks]\nbuilder = "x"\n')).toEqual({
      descriptor: noDescriptor,
      warnings: [expect.stringContaining('is ignored: it needs schema-version = "0.2"')],
    });
    expect(parse(`${version}[io.buildpacks]\nexlude = ["a"]\n`).warnings).toEqual([
      expect.stringContaining('io.buildpacks.exlude'),
    ]);
  });

  it.each([
    ['a text that is not TOML', `${version}builder = \n`, /project\.toml:3 is not/u, /.+/u],
    ['an unknown version', '[_]\nschema-version = "3"\n', /is not/u, /"3", but only 0\.1 and 0\.2 exist/u],
    [
      'include and exclude',
      `${version}[io.buildpacks]\ninclude=["a"]\nexclude=["b"]\n`,
      /is not/u,
      /both include and exclude/u,
    ],
    [
      'a wrong type',
      `${version}[io.buildpacks]\nexclude = "a"\n`,
      /is not/u,
      /^io\.buildpacks\.exclude must be a list of strings$/u,
    ],
    ['a nameless buildpack', `${version}[[io.buildpacks.group]]\nversion="1"\n`, /is not/u, /neither id nor uri/u],
    [
      'uri and version',
      `${version}[[io.buildpacks.group]]\nuri="a"\nversion="1"\n`,
      /is not/u,
      /both uri and version/u,
    ],
    [
      'a script without api',
      `${version}[[io.buildpacks.group]]\nid="a"\nscript={inline="x"}\n`,
      /is not/u,
      /has no api/u,
    ],
  ])('is refused for %s', (_, content, message, why) => {
    expect(() => parse(content)).toThrow(
      expect.objectContaining({
        kind: 'input',
        message: expect.stringMatching(message),
        why: expect.stringMatching(why),
      }),
    );
  });
});
