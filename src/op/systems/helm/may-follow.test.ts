import { expect, test } from 'vitest';
import { lacksTls, leadsInside } from './may-follow.js';

const led = (to: string, { from = 'https://charts.example.com/stable', isNamed = false } = {}) => ({
  repository: new URL(from),
  url: new URL(to),
  isNamed,
});

test.each([
  'https://localhost/',
  'https://localhost.:18779/',
  'https://a.localhost/',
  'https://argocd-server/',
  'https://argocd-server.argocd.svc/',
  'http://argocd-server.argocd.svc.cluster.local/applications?refresh=hard',
  'https://printer.local./',
  'https://metadata.google.internal/',
  'https://router.home.arpa/',
  'https://169.254.169.254/',
  'https://168.63.129.16/',
  'https://192.0.0.192/',
  'https://0x7f.1/',
  'https://10.1.2.3./',
  'https://[::1]/',
  'https://[::]/',
  'https://[::169.254.169.254]/',
  'https://[::ffff:169.254.169.254]/',
  'https://[64:ff9b::a9fe:a9fe]/',
  'https://[64:ff9b:1::a9fe:a9fe]/',
  'https://[2002:a9fe:a9fe::]/',
  'https://[2001:0:a9fe:a9fe::1]/',
  'https://[fd00:ec2::254]/',
  'https://[fec0::1]/',
  'https://[ff02::1]/',
])('%s is inside, unless the user names it', (to) => {
  expect(leadsInside(led(to))).toBe(true);
  expect(leadsInside(led(to, { isNamed: true }))).toBe(false);
  expect(leadsInside(led(to, { from: `${new URL(to).origin}/stable` }))).toBe(false);
});

test.each([
  'https://cdn.example.com/web.tgz',
  'https://local.example.com/',
  'https://8.8.8.8/',
  'https://[2606:4700::1111]/',
])('%s is outside', (to) => expect(leadsInside(led(to))).toBe(false));

test.each<readonly [string, boolean, ReturnType<typeof led>, readonly string[]]>([
  ['https', false, led('https://cdn.example.com/'), []],
  ['http at a host of the internet', true, led('http://cdn.example.com/'), []],
  ['http at a host that is insecure: true', false, led('http://cdn.example.com/'), ['cdn.example.com']],
  ['http in .local, where nobody has named it', true, led('http://server.local/'), []],
  ['http in .local, where registries has it', false, led('http://server.local/', { isNamed: true }), []],
  ['http at the host of the repository, which has TLS', true, led('http://a.local/', { from: 'https://a.local/' }), []],
  ['http at a repository without TLS', false, led('http://a.local/x', { from: 'http://a.local/' }), []],
  ['http at such a one that only insecure: true allows', true, led('http://a.io/x', { from: 'http://a.io/' }), []],
])('%s lacks TLS: %s', (_, expected, of, insecure) => expect(lacksTls(of, insecure)).toBe(expected));
