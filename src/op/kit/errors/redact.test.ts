import { expect, test } from 'vitest';
import { redact } from './redact.js';

test.each([
  ['https://bob:pw@example.com/x', 'https://***@example.com/x'],
  ['https://ghp_token@example.com/x', 'https://***@example.com/x'],
  ['http_proxy=http://u:p@proxy:3128 and https://a:b@c', 'http_proxy=http://***@proxy:3128 and https://***@c'],
  ['https://bob:p@ss@example.com/x', 'https://***@example.com/x'],
  ['ssh://git:pw@example.com/x', 'ssh://git:***@example.com/x'],
  ['ssh://git:p@ss@example.com/x', 'ssh://git:***@example.com/x'],
  ['Authorization: Bearer eyJhbGciOi.J9-_x', 'Authorization: Bearer ***'],
  ['authorization: basic Ym9iOnB3cHdwdw==', 'authorization: basic ***'],
  ['{"auth": "Ym9iOnB3", "password":"pw"}', '{"auth": "***", "password":"***"}'],
])('%s', (text, redacted) => expect(redact(text)).toBe(redacted));

test.each([
  'ssh://git@example.com/x',
  'git@example.com:x',
  'ghcr.io/acme/app:v1@sha256:0123',
  'https://example.com/a/b@c',
  'basic authentication is needed',
  'the bearer of a token',
])('%s has no secret and is unchanged', (text) => expect(redact(text)).toBe(text));
