import { expect, it } from 'vitest';
import { isSameImage } from './same-image.js';

const mirrors = [{ host: 'docker.io', mirror: 'mirror.example.com/hub' }];
const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];

it.each([
  ['builder', 'docker.io/library/builder:latest'],
  ['mirror.example.com/hub/library/builder:latest', 'builder'],
  ['builder:1', 'mirror.example.com/hub/library/builder:1'],
  [`example.com/builder:1@${a}`, `example.com/builder:1@${a}`],
  [`example.com/builder:1@${a}`, `example.com/builder@${a}`],
  [`example.com/builder:1@${a}`, 'example.com/builder:1'],
  ['example.com/builder:1', `example.com/builder:1@${a}`],
  ['Not An Image', 'Not An Image'],
])('a container of %s is one of %s', (container, builder) => {
  expect(isSameImage(container, builder, mirrors)).toBe(true);
});

it.each([
  ['builder:1', 'builder'],
  ['example.com/builder', 'builder'],
  [`example.com/builder:1@${a}`, `example.com/builder:1@${b}`],
  [`example.com/builder:1@${a}`, 'example.com/builder:2'],
  ['', 'builder'],
])('a container of %s is none of %s', (container, builder) => {
  expect(isSameImage(container, builder, mirrors)).toBe(false);
});
