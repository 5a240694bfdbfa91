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
  ['FROM \\\n# not this\n\n  one \\\n  AS a\nFROM a\n', {}, ['one']],
  ['FROM one\nRUN x \\\n# FROM two\n  && y\nFROM three\n', {}, ['one', 'three']],
  ['# syntax=docker/dockerfile:1\n# escape=`\nFROM `\n  one\nRUN dir C:\\\nFROM two\n', {}, ['one', 'two']],
  ['# a comment\n# escape=`\nFROM \\\n  one\n', {}, ['one']],
  [
    'FROM one\nRUN <<EOF\nFROM two\n  EOF\nEOF\nCOPY --from=three <<-A <<"B" /\nFROM x\n\tA\nFROM y\nB\n',
    {},
    ['one', 'three'],
  ],
  ['FROM one\nRUN echo "a <<EOF" && echo $((1<<2))\nFROM two\n', {}, ['one', 'two']],
  ['FROM one\nRUN install --from=two\n', {}, ['one']],
  ['FROM one\nRUN --mount=from=two,target=/x true\n', {}, ['one', 'two']],
  ['FROM one\nENV V=2\nCOPY --from=two:$V / /\nENV V 3 4\nCOPY --from=three:${V%% *} / /\n', {}, undefined],
  ['FROM one\nARG V=1\nENV V=2 W=$V\nCOPY --from=two:$V-$W / /\n', { V: '3' }, ['one', 'two:2-3']],
  ['FROM one\nENV V=1\nARG V=2\nARG V\nCOPY --from=two:$V / /\n', {}, ['one', 'two:2']],
  ['ARG V=1\nFROM one AS a\nCOPY --from=two:$V / /\n', {}, undefined],
  ['FROM one AS a\nARG V=1\nENV W=2\nFROM a\nCOPY --from=two:$V-$W / /\n', {}, ['one', 'two:1-2']],
  ['FROM one\nARG V=1\nFROM two\nCOPY --from=three:$V / /\n', {}, undefined],
  ['ARG A\nARG B=${A:-${C-x}}\nFROM one:$B${A:+-a}\n', {}, ['one:x']],
  ['ARG A=\nFROM one:${A:-1}-${A-2}3\n', {}, ['one:1-3']],
  ["ARG A='$B'\nARG C=\\$B\nFROM one:${A#?}$C\n", {}, undefined],
  ['ARG A=1\nARG B="x$A"\'y\'\nFROM one:$B\n', {}, ['one:x1y']],
  ['\ufeffFROM one\r\nFROM two\r\n', {}, ['one', 'two']],
  ['', {}, []],
])('the images that %j with %j is built on are %j', (text, args, images) => {
  expect(baseImages(text, args)).toEqual(images);
});
