import { expect, it } from 'vitest';
import { imageMirrors } from './image-mirrors.js';

const configured = (value: string) => ({ key: 'OP_IMAGE_MIRRORS', value, origin: 'environment' });
const hub = { host: 'docker.io', mirror: 'm.example.com/hub' };

it('takes the mirrors of the setting, with spaces and empty items between the commas', () => {
  const found = imageMirrors([], configured(' docker.io=m.example.com/hub , , ghcr.io=m.example.com/ghcr,'));
  expect(found).toEqual([hub, { host: 'ghcr.io', mirror: 'm.example.com/ghcr' }]);
});

it('takes those of the command line before it, and none where nothing says one', () => {
  expect(imageMirrors(['docker.io=m.example.com/hub'], configured('docker.io=other.example.com'))).toEqual([hub]);
  expect(imageMirrors([], undefined)).toEqual([]);
});

it('refuses what is no mirror', () => {
  expect(() => imageMirrors([], configured('docker.io'))).toThrow('is not HOST=MIRROR');
});
