import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundle } from '../scripts/bundle.js';
import { buildkitd } from './buildkitd.js';
import { node, registry } from './inputs.js';
import { sha256 } from './layer.js';
import { differences, type Lock, readLock } from './lock.js';
import { octopipeline } from './octopipeline.js';

const lock: Lock = {
  image: `${registry}/octopipeline:1.0.0`,
  digest: `sha256:${'0'.repeat(64)}`,
  op: { sha256: 'a' },
  node,
  go: {
    toolchain: 'go1.26.8',
    tools: [{ name: 'crane', module: 'm', version: 'v1', sum: 'h1:x', dependencies: 'd', sha256: 's' }],
  },
  debian: {
    suite: 'bookworm',
    packages: [
      { name: 'git', version: '1:2.39.5-0+deb12u3', sha256: 'g' },
      { name: 'dash', version: '0.5.12-2', sha256: 'd' },
    ],
  },
  buildkitd: {
    image: `${registry}/octopipeline-buildkitd:1.0.0`,
    digest: `sha256:${'1'.repeat(64)}`,
    go: { tools: [{ name: 'buildkitd', module: 'b', version: 'v2', sum: 'h1:y', dependencies: 'e', sha256: 't' }] },
    debian: {
      packages: [
        { name: 'git', version: '1:2.39.5-0+deb12u3', sha256: 'g' },
        { name: 'runc', version: '1.1.5', sha256: 'r' },
      ],
    },
  },
};

describe('differences between the lock and a build', () => {
  it('are none for the same inputs', () => {
    expect(differences(lock, structuredClone(lock))).toEqual([]);
  });

  it('name a Debian package that moved on in the archive', () => {
    const [git, ...others] = lock.debian.packages;
    const moved = { name: 'git', version: '1:2.39.5-0+deb12u4', sha256: 'new' };
    expect(git).toBeDefined();
    expect(differences(lock, { ...lock, debian: { ...lock.debian, packages: [moved, ...others] } })).toEqual([
      "Debian's git is 1:2.39.5-0+deb12u4, locked 1:2.39.5-0+deb12u3",
    ]);
  });

  it('name a package of both images once, and one of the optional image', () => {
    const moved = (version: string) => [{ name: 'git', version, sha256: 'new' }, ...lock.debian.packages.slice(1)];
    const built: Lock = {
      ...lock,
      debian: { ...lock.debian, packages: moved('2') },
      buildkitd: {
        ...lock.buildkitd,
        go: { tools: lock.buildkitd.go.tools.map((tool) => ({ ...tool, sha256: 'other' })) },
        debian: { packages: [...moved('2').slice(0, 1), { name: 'runc', version: '1.1.6', sha256: 'new' }] },
      },
    };
    expect(differences(lock, built)).toEqual([
      "Debian's git is 2, locked 1:2.39.5-0+deb12u3",
      "Debian's runc is 1.1.6, locked 1.1.5",
      'buildkitd v2 was built differently',
    ]);
  });

  it('name a package that came and a list that lost one', () => {
    const more = { ...lock.debian, packages: [...lock.debian.packages, { name: 'tar', version: '1', sha256: 't' }] };
    expect(differences(lock, { ...lock, debian: more })).toEqual(["Debian's tar is 1, locked not at all"]);
    const fewer = { ...lock.debian, packages: lock.debian.packages.slice(1) };
    expect(differences(lock, { ...lock, debian: fewer })).toEqual(["Debian's git is gone"]);
  });

  it('name another Go, a tool built differently, and a changed op', () => {
    const built: Lock = {
      ...lock,
      op: { sha256: 'b' },
      go: { toolchain: 'go1.27.0', tools: lock.go.tools.map((tool) => ({ ...tool, sha256: 'other' })) },
    };
    expect(differences(lock, built)).toEqual([
      'Go is go1.27.0, locked go1.26.8',
      'crane v1 was built differently',
      'op itself changed',
    ]);
  });
});

describe('image.lock.json', () => {
  it('names Node.js and the Go toolchain', async () => {
    const locked = await readLock();
    expect(locked?.node).toEqual(node);
    expect(locked?.go.toolchain).toMatch(/^go1\.\d+/);
  });

  it.each([octopipeline, buildkitd])('pins every input of $name by hash', async ({ name, tools, packages }) => {
    const lock = await readLock();
    const locked = name === 'octopipeline' ? lock : lock?.buildkitd;
    expect(locked?.image).toMatch(new RegExp(`^${registry}/${name}:`));
    expect(locked?.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(locked?.go.tools.map(({ name, version }) => ({ name, version }))).toEqual(
      tools.map(({ name, version }) => ({ name, version })),
    );
    for (const { sum, sha256 } of locked?.go.tools ?? []) {
      expect(sum).toMatch(/^h1:/);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    const names = locked?.debian.packages.map(({ name }) => name) ?? [];
    expect(names).toEqual(expect.arrayContaining([...packages]));
    for (const { version, sha256 } of locked?.debian.packages ?? []) {
      expect(version).not.toBe('');
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it('names the op of this tree; npm run image and npm run synth renew it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lock-'));
    try {
      const op = join(folder, 'op.cjs');
      await bundle(op);
      expect((await readLock())?.op.sha256).toBe(await sha256(op));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
