import { describe, expect, it } from 'vitest';
import { packArguments } from './pack.js';
import { noDescriptor } from './specification/project-descriptor.js';

describe('the command line of pack', () => {
  const application = {
    directory: '/repository/web',
    descriptor: noDescriptor,
    descriptorFile: '/repository/web/project.toml',
    descriptorDirectory: '/repository/web',
  };
  const build = {
    image: 'web',
    context: '/repository/web',
    root: '/repository',
    builder: 'acme/builder:1',
    runImage: undefined,
    env: { ignored: 'because the merged variables are given' },
    buildpacks: ['acme/node@1.0.0'],
    projectDescriptor: 'project.toml',
    clearCache: true,
    cacheImage: { registry: 'r.io', path: 'cache/web', tag: 'lifecycle' },
    defaultProcess: 'worker',
    mirrors: [],
    sbomDirectory: '/sboms',
    target: { registry: 'r.io', path: 'team/web', tag: 'v1' },
  };

  const least = {
    ...build,
    buildpacks: [],
    clearCache: false,
    cacheImage: undefined,
    defaultProcess: undefined,
    sbomDirectory: undefined,
  };
  const pack = {
    application: { ...application, descriptorFile: undefined },
    env: {},
    builder: 'b',
    runImage: undefined,
    lifecycle: undefined,
    previousImage: undefined,
  };

  it('has all settings of skaffold.yaml and project.toml', () => {
    const images = { builder: 'm.io/builder:1', runImage: 'm.io/run:1', lifecycle: 'm.io/lifecycle:1' };
    const previousImage = { registry: 'r.io', path: 'cache/web', tag: 'lifecycle-image' };
    const everything = { application, env: { A: 'b c', D: 'e=f' }, ...images, previousImage };
    expect(packArguments(build, everything, '/tmp/out')).toEqual([
      'build',
      'r.io/team/web:v1',
      '--publish',
      '--no-color',
      '--path=/repository/web',
      '--builder=m.io/builder:1',
      '--run-image=m.io/run:1',
      '--lifecycle-image=m.io/lifecycle:1',
      '--descriptor=/repository/web/project.toml',
      '--env=A=b c',
      '--env=D=e=f',
      '--buildpack=acme/node@1.0.0',
      '--cache-image=r.io/cache/web:lifecycle',
      '--previous-image=r.io/cache/web:lifecycle-image',
      '--clear-cache',
      '--default-process=worker',
      '--report-output-dir=/tmp/out',
      '--sbom-output-dir=/tmp/out',
    ]);
  });

  it('has no flag for a setting that is missing', () => {
    expect(packArguments(least, pack, '/o').filter((flag) => flag.startsWith('--'))).toEqual([
      '--publish',
      '--no-color',
      '--path=/repository/web',
      '--builder=b',
      '--report-output-dir=/o',
    ]);
  });

  it.each([
    ['the target', { target: { registry: 'localhost:5000', path: 'web', tag: 'v1' } }, undefined, true],
    ['the cache', { cacheImage: { registry: '127.0.0.1:5000', path: 'cache' } }, undefined, true],
    ['the run image', {}, '[::1]:5000/run:1', true],
    ['nothing', {}, 'localhost.example.com/run:1', false],
  ])('uses the network of this machine if %s is on its loopback', (_, parts, runImage, host) => {
    const flags = packArguments({ ...least, ...parts }, { ...pack, runImage }, '/o');
    expect(flags.includes('--network=host')).toBe(host);
  });
});
