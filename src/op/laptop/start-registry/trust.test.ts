import { expect, it } from 'vitest';
import { howToTrust } from './trust.js';

it('says what to type, with a path that a shell takes as it is', () => {
  const text = howToTrust("/home/o'neil/my ca/ca.crt", 'linux').join('\n');
  expect(text).toContain(`SSL_CERT_DIR='/home/o'\\''neil/my ca' op build-push`);
  expect(text).toContain(`curl --cacert '/home/o'\\''neil/my ca/ca.crt'`);
  expect(text).toContain('sudo ');
});

it('names the keychain on macOS, where Go programs read nothing else', () => {
  const text = howToTrust('/ca.crt', 'darwin').join('\n');
  expect(text).toContain('login.keychain-db /ca.crt');
  expect(text).not.toMatch(/SSL_CERT_DIR|sudo/u);
});
