import { expect, it } from 'vitest';
import { exposedPorts } from './exposed-ports.js';

it.each([
  ['FROM a\nEXPOSE 80', [80]],
  ['FROM a\nexpose 80/tcp 443', [80, 443]],
  ['FROM a\nEXPOSE 80\nEXPOSE 443/TCP', [80, 443]],
  ['FROM a\nEXPOSE 53/udp 80', [80]],
  ['FROM a\nEXPOSE 8000-8010', [8000]],
  ['FROM a\nEXPOSE "80"', [80]],
  ['FROM a\nEXPOSE \\\n  81 \\\n# not this\n  82', [81, 82]],
  ['# escape=`\nFROM a\nEXPOSE `\n  81', [81]],
  ['FROM a\nRUN <<EOF\nEXPOSE 1\nEOF\nEXPOSE 2', [2]],
  ['FROM a\nARG PORT=3000\nEXPOSE $PORT', [3000]],
  ['FROM a\nENV PORT 3000\nEXPOSE ${PORT}/tcp', [3000]],
  ['FROM a\nENV A=1 PORT="3000"\nEXPOSE ${PORT:-4000}', [3000]],
  ['FROM a\nEXPOSE ${PORT:-4000}', [4000]],
  ['FROM a\nENV PORTS="80 443"\nEXPOSE $PORTS', [80, 443]],
  ['FROM a\nEXPOSE $PORT', []],
  ['FROM a AS build\nEXPOSE 1\nFROM b\nEXPOSE 2', [2]],
  ['FROM a AS Build\nEXPOSE 1\nFROM b', []],
  ['FROM --platform=$BUILDPLATFORM a AS Base\nEXPOSE 1\nFROM base', [1]],
  ['FROM a AS base\nENV PORT=1\nFROM base\nEXPOSE $PORT', [1]],
  ['FROM a\nEXPOSE 1\nFROM 0', [1]],
  ['FROM a AS base\nEXPOSE 1\nFROM base\nEXPOSE 2', [2, 1]],
  ['FROM a AS a\nFROM a AS a', []],
  ['# EXPOSE 1\nFROM a', []],
  ['EXPOSE 1', []],
  ['FROM a\nEXPOSE 99999', []],
  ['', []],
])('%j exposes %j', (text, ports) => expect(exposedPorts(text)).toEqual(ports));

it('uses build arguments for the ARGs that the stage declares', () => {
  const text = 'ARG A=1\nFROM a\nARG A\nEXPOSE $A $B';
  expect(exposedPorts(text)).toEqual([1]);
  expect(exposedPorts(text, { A: '2', B: '3' })).toEqual([2]);
});

it('reads the stage that is built, by name or number', () => {
  const text = 'FROM a AS One\nEXPOSE 1111\nFROM b AS two\nEXPOSE 2222\n';
  expect(exposedPorts(text, {}, 'one')).toEqual([1111]);
  expect(exposedPorts(text, {}, '0')).toEqual([1111]);
  expect(exposedPorts(text, {}, 'three')).toEqual([]);
});
