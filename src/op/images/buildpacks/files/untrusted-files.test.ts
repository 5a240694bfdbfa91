import { chmod, chown, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clearSetgid, readUntrusted, refuseNestedLinks, refuseSymbolicLinks } from './untrusted-files.js';

let layers: string;
beforeEach(async () => {
  layers = await mkdtemp(join(tmpdir(), 'layers-'));
});
afterEach(() => rm(layers, { recursive: true }));

describe('layers from a volume', () => {
  it('lose the setgid bit of their directories, and keep the other bits', async () => {
    await mkdir(join(layers, 'a/b'), { recursive: true });
    await writeFile(join(layers, 'a/b/run'), '', { mode: 0o755 });
    await chmod(join(layers, 'a'), 0o2755);
    await chmod(join(layers, 'a/b'), 0o2700);
    await clearSetgid(layers, process.getgid?.() ?? 0);
    const mode = async (path: string) => (await stat(join(layers, path))).mode & 0o7777;
    expect([await mode('a'), await mode('a/b'), await mode('a/b/run')]).toEqual([0o755, 0o700, 0o755]);
  });

  it('are refused if a buildpack, a layer or its description is a symbolic link; deeper links are refused only on request', async () => {
    await mkdir(join(layers, 'a/layer'), { recursive: true });
    await symlink('/etc', join(layers, 'a/layer/etc'));
    await refuseSymbolicLinks(layers);
    await expect(refuseNestedLinks(layers)).rejects.toMatchObject({ message: expect.stringContaining('a/layer/etc') });
    await symlink('/etc/hostname', join(layers, 'a/other.toml'));
    await expect(refuseSymbolicLinks(layers)).rejects.toMatchObject({
      message: expect.stringContaining('a/other.toml'),
    });
  });
});

// Root could read everything, but op is not root in a pod.
describe.runIf(process.getuid?.() === 0)('a directory that its owner may not read', () => {
  it('is named by the error', async () => {
    await mkdir(join(layers, 'a'));
    await chmod(layers, 0o755);
    await chown(join(layers, 'a'), 65532, 65532);
    await chmod(join(layers, 'a'), 0);
    process.seteuid?.(65532);
    try {
      const refused = { kind: 'tool', message: expect.stringContaining(join(layers, 'a')) };
      await expect(clearSetgid(layers, process.getgid?.() ?? 0)).rejects.toMatchObject(refused);
      await expect(refuseSymbolicLinks(layers)).rejects.toMatchObject(refused);
    } finally {
      process.seteuid?.(0);
    }
  });
});

describe('a file that buildpacks can write', () => {
  it('is read, or undefined if it does not exist', async () => {
    await writeFile(join(layers, 'report.toml'), 'x = 1');
    expect(await readUntrusted(join(layers, 'report.toml'))).toBe('x = 1');
    expect(await readUntrusted(join(layers, 'none.toml'))).toBeUndefined();
  });

  it('is never read through a symbolic link, not even in its directory', async () => {
    await mkdir(join(layers, 'real'));
    await writeFile(join(layers, 'real/file'), 'secret');
    await symlink('real', join(layers, 'linked'));
    await symlink('real/file', join(layers, 'link'));
    for (const path of ['link', 'linked/file']) {
      await expect(readUntrusted(join(layers, path))).rejects.toMatchObject({ kind: 'tool' });
    }
    await expect(readUntrusted(join(layers, 'real'))).rejects.toMatchObject({ why: 'it is not a file' });
  });
});
