import { expect, it } from 'vitest';
import { baseImages } from './base-images.js';

it.each<[string, Record<string, string>, string[] | undefined]>([
  ['FROM alpine:3\nRUN x\n', {}, ['alpine:3']],
  ['from --platform=$BUILDPLATFORM golang:1 as build\nFROM scratch\nCOPY --from=build /x /x\n', {}, ['golang:1']],
  ['ARG BASE=debian:12\nFROM ${BASE}\n', {}, ['debian:12']],
  ['ARG BASE=debian:12\nFROM ${BASE}\n', { BASE: 'busybox' }, ['busybox']],
  ['ARG V\nFROM a/b:${V:-1}\nFROM c:${V-2}\n', {}, ['a/b:1', 'c:2']],
  ['ARG A=1 B=2\nFROM x:$A-$B\n', {}, ['x:1-2']],
  ['ARG A="1"\nARG T=${A}-slim\nFROM x:$T\n', {}, ['x:1-slim']],
  ['ARG A=1\nFROM one\nARG A\nCOPY --from=two:${A} / /\n', {}, ['one', 'two:1']],
  [
    'FROM one AS a\nFROM a AS b\nCOPY --from=registry.example.com/t:2 / /\nCOPY --from=0 / /\n',
    {},
    ['one', 'registry.example.com/t:2'],
  ],
  ['FROM one\nRUN --mount=type=bind,from=two,target=/x \\\n  --mount=type=cache,target=/y true\n', {}, ['one', 'two']],
  ['FROM scratch\n', {}, []],
  ['ARG V\nFROM c:$V\n', {}, undefined],
  ['FROM base-$TARGETARCH\n', {}, undefined],
])('the images that %j with %j is built on are %j', (text, args, images) => {
  expect(baseImages(text, args)).toEqual(images);
});
