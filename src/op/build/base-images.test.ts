import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { baseImages } from './base-images.js';

const of = async (text: string, buildArgs = {}) => {
  const directory = await mkdtemp(join(tmpdir(), 'base-images-'));
  try {
    await writeFile(join(directory, 'Dockerfile'), text);
    return await baseImages(join(directory, 'Dockerfile'), buildArgs);
  } finally {
    await rm(directory, { recursive: true });
  }
};

it.each<[string, Record<string, string>, string[]]>([
  ['FROM alpine:3\nRUN x\n', {}, ['alpine:3']],
  ['from --platform=$BUILDPLATFORM golang:1 as build\nFROM scratch\nCOPY --from=build /x /x\n', {}, ['golang:1']],
  ['ARG BASE=debian:12\nFROM ${BASE}\n', {}, ['debian:12']],
  ['ARG BASE=debian:12\nFROM ${BASE}\n', { BASE: 'busybox' }, ['busybox']],
  ['ARG V\nFROM a/b:${V:-1}\nFROM c:$V\n', {}, ['a/b:1', 'c:$V']],
  [
    'FROM one AS a\nFROM a AS b\nCOPY --from=registry.example.com/t:2 / /\nCOPY --from=0 / /\n',
    {},
    ['one', 'registry.example.com/t:2'],
  ],
  ['FROM one\nRUN --mount=type=bind,from=two,target=/x \\\n  --mount=type=cache,target=/y true\n', {}, ['one', 'two']],
  ['FROM scratch\n', {}, []],
])('the images that %j with %j is built on are %j', async (text, args, images) => {
  expect(await of(text, args)).toEqual(images);
});
