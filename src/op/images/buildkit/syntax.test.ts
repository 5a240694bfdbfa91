import { expect, it } from 'vitest';
import { isSyntaxBuiltIn, stagesOf } from './syntax.js';

it.each([
  'FROM scratch\n',
  '# syntax=docker/dockerfile:1\nFROM scratch\n',
  '#!/usr/bin/env x\n#syntax = docker.io/docker/dockerfile\n',
  '\ufeff# escape=`\r\n# SYNTAX=docker/dockerfile:latest\r\n',
  '# check=skip=all\n# syntax=docker/dockerfile:1.4\n',
  '# syntax=docker/dockerfile:1.20.1\n',
  '# a comment ends the directives\n# syntax=example.com/frontend\n',
  '\n# syntax=example.com/frontend\n',
])('the frontend built into buildkitd is enough for %j', (dockerfile) => {
  expect(isSyntaxBuiltIn(dockerfile)).toBe(true);
});

it.each([
  '# syntax=docker/dockerfile:1-labs\n',
  '# syntax=docker/dockerfile:1.21\n',
  '# syntax=docker/dockerfile:2\n',
  `# syntax=docker/dockerfile:1@sha256:${'0'.repeat(64)}\n`,
  '# syntax=example.com/docker/dockerfile:1\n',
  '# escape=\\\n# syntax=example.com/frontend:1 with arguments\n',
])('%j needs its own frontend', (dockerfile) => {
  expect(isSyntaxBuiltIn(dockerfile)).toBe(false);
});

it('finds the named stages', () => {
  const dockerfile = 'FROM a AS one\nRUN x\n  from --platform=$BUILDPLATFORM b as Two\nFROM c\n# FROM d AS three\n';
  expect(stagesOf(dockerfile)).toEqual(['one', 'Two']);
});
