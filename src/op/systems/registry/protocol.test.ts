import { expect, test } from 'vitest';
import { isPlainHttp } from './protocol.js';

test.each([
  'localhost',
  'localhost:5001',
  '127.0.0.1:5000',
  '10.1.2.3',
  '172.16.0.1:5000',
  '172.31.255.255',
  '192.168.1.1:5000',
  'registry.shop.svc.cluster.local:5000',
  '[::1]:5000',
  'named.example.com:5000',
])('%s is contacted without TLS', (registry) => expect(isPlainHttp(registry, ['named.example.com:5000'])).toBe(true));

test.each([
  'ghcr.io',
  'docker.io',
  '172.15.0.1',
  '172.32.0.1:5000',
  '192.169.1.1',
  '11.0.0.1',
  'local',
  'localhost.example.com',
  'named.example.com',
  'named.example.com:50000',
  'x.local.example.com',
])('%s is contacted with TLS', (registry) => expect(isPlainHttp(registry, ['named.example.com:5000'])).toBe(false));
