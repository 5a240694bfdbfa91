import { expect, it } from 'vitest';
import { whyInputsUnknown } from './unknown-inputs.js';

it.each([
  'FROM scratch\nCOPY --chown=1:1 --chmod=644 --link . /\n',
  '\ufeff# syntax=docker/dockerfile:1\r\n# escape=`\r\nfrom `\r\n # a comment\r\n one as two\r\nCMD ["x"]\r\n',
  'ARG V=1\nFROM --platform=$BUILDPLATFORM one:${V}\nARG TARGETARCH\nRUN make $TARGETARCH\n',
  'FROM one\nADD files.tar.gz src/*.txt /x/\nADD <<EOF /text\nADD http://example.com/ /\nEOF\n',
  'FROM one\nRUN --mount=from=r/tools:stable,target=/t --mount=type=cache,target=/c --mount=type=secret,id=s true\n',
  'FROM one AS a\nFROM two\nCOPY --from=a --from=0 / /\nRUN --network=none <<-"EOF"\n\tx\n\tEOF\n',
  'FROM one\nRUN python3 - <<EOF >/out\nFROM two\nEOF\nCOPY <<"A" <<\'B\' /x/\na\nA\nb\nB\n',
  'FROM one\nHEALTHCHECK --interval=1s CMD x\nCMD x\n',
])('all inputs of %j are known', (text) => {
  expect(whyInputsUnknown(text, {})).toBeUndefined();
});

it.each<[string, RegExp]>([
  ...[
    'http://example.com/file /',
    'HTTPS://example.com/file /',
    '--checksum=sha256:00 https://example.com/file /',
    'https://github.com/a/b.git#main /',
    'git@github.com:a/b.git /',
    'ssh://git@example.com/a /',
    'github.com/a/b /',
    'a.git /',
    '--keep-git-dir=true a /',
    '$URL /',
    '${URL:-a} /',
    '["http://example.com/file", "/"]',
    'a http://example.com/file /',
    '\\\n# a comment\n http://example.com/file /',
  ].map((add): [string, RegExp] => [`FROM one\nadd ${add}\n`, /ADD/u]),
  ['FROM one\nONBUILD COPY --from=two / /\n', /ONBUILD/u],
  ['FROM one\nINCLUDE two\n', /INCLUDE/u],
  ['# syntax=example.com/frontend:1\nFROM one\n', /frontend/u],
  ['# check=skip=all\n#SYNTAX = docker/dockerfile:1-labs\nFROM one\n', /frontend/u],
  ['#!/usr/bin/env x\n# escape=`\nFROM one\n', /escape/u],
  [' # escape=`\nFROM one\n', /escape/u],
  ['# name=value\n# escape=`\nFROM one\n', /escape/u],
  ['# escape=`\n# escape=`\nFROM one\n', /escape/u],
  ['FROM base-$TARGETARCH\n', /platform/u],
  ['FROM base-${TARGETARCH:-amd64}\n', /platform/u],
  ['ARG A=${BUILDOS:-x}\nFROM base-$A\n', /platform/u],
  ['ARG TARGETARCH=x\nFROM base-$TARGETARCH\n', /platform/u],
  ['FROM one\nARG V=1\nCOPY --from=two:$V / /\n', /--from/u],
  ['FROM one\nCOPY --from="two" / /\n', /COPY/u],
  ['FROM one\nCOPY --other=two / /\n', /COPY/u],
  ['FROM one\nRUN --mount=from=two:${V:-1},target=/t true\n', /--mount/u],
  ['FROM one\nRUN --mount=target=/t,FROM=two true\n', /--mount/u],
  ['FROM one\nRUN --mount=target=/t,"from=two" true\n', /RUN/u],
  ['FROM one\nRUN --device=x true\n', /RUN/u],
  ['FROM one\nRUN cat <<<EOF\nFROM two\nEOF\n', /<</u],
  ['FROM one\nCOPY 3<<EOF /\nEOF\n', /<</u],
  [`FROM one\nRUN echo it's <<CMD\nFROM two\nCMD\n`, /<</u],
  ['FROM one\nRUN echo ${X <<CMD\nFROM two\nCMD\n', /<</u],
  ['FROM one\nRUN echo "<<CMD"\nFROM two\nCMD x\n', /<</u],
  ['# escape=`\nFROM one\nRUN echo `" <<CMD "`\nFROM two\nCMD x\n', /<</u],
  ['FROM one\nFROM 0\n', /number/u],
  ['FROM\u00a0one\n', /white space/u],
  ['FROM one\rFROM two\n', /white space/u],
])('some inputs of %j are unknown', (text, why) => {
  expect(whyInputsUnknown(text, {})).toMatch(why);
});

it('the frontend of a build argument is an unknown input', () => {
  expect(whyInputsUnknown('FROM one\n', { BUILDKIT_SYNTAX: 'example.com/frontend' })).toMatch(/frontend/u);
});
