import { describe, expect, it } from 'vitest';
import { packArguments } from './pack.js';
import { noDescriptor } from './project-descriptor.js';

// Builds with pack take a Docker daemon; these flags were tried with pack 0.37.0, which reads them before it looks for one.
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
    sbomDirectory: undefined,
    target: { registry: 'r.io', path: 'team/web', tag: 'v1' },
  };

  it('says all that skaffold.yaml and project.toml say', () => {
    const pack = { application, env: { A: 'b c', D: 'e=f' }, builder: 'm.io/builder:1', runImage: 'm.io/run:1' };
    expect(packArguments(build, pack, '/tmp/out')).toEqual([
      'build',
      'r.io/team/web:v1',
      '--publish',
      '--no-color',
      '--path=/repository/web',
      '--builder=m.io/builder:1',
      '--run-image=m.io/run:1',
      '--descriptor=/repository/web/project.toml',
      '--env=A=b c',
      '--env=D=e=f',
      '--buildpack=acme/node@1.0.0',
      '--cache-image=r.io/cache/web:lifecycle',
      '--clear-cache',
      '--default-process=worker',
      '--report-output-dir=/tmp/out',
      '--sbom-output-dir=/tmp/out',
    ]);
  });

  it('has no flag for what nobody said', () => {
    const least = { ...build, buildpacks: [], clearCache: false, cacheImage: undefined, defaultProcess: undefined };
    const pack = {
      application: { ...application, descriptorFile: undefined },
      env: {},
      builder: 'b',
      runImage: undefined,
    };
    expect(packArguments(least, pack, '/o').filter((flag) => flag.startsWith('--'))).toEqual([
      '--publish',
      '--no-color',
      '--path=/repository/web',
      '--builder=b',
      '--report-output-dir=/o',
      '--sbom-output-dir=/o',
    ]);
  });
});
