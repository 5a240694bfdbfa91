import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepSboms, readGroup, readReport } from './phase-results.js';

let layers: string;
beforeEach(async () => {
  layers = await mkdtemp(join(tmpdir(), 'outcome-'));
});
afterEach(() => rm(layers, { recursive: true }));

describe('the results of the phases', () => {
  it('are refused if an image extension applies, which needs root', async () => {
    await writeFile(
      join(layers, 'group.toml'),
      '[[group]]\nid="a"\n[[group-extensions]]\nid="acme/curl"\nversion="1"\n',
    );
    await expect(readGroup(layers, 'b:1')).rejects.toMatchObject({
      kind: 'input',
      why: expect.stringContaining('image extension acme/curl'),
    });
  });

  it('are not an image without a digest', async () => {
    await writeFile(join(layers, 'report.toml'), '[image]\ntags = ["x"]\n');
    for (const name of ['report.toml', 'none.toml']) {
      await expect(readReport(join(layers, name))).rejects.toMatchObject({
        kind: 'tool',
        message: 'the digest of the image is unknown',
      });
    }
  });

  it('have bills of materials; only files are kept, and none of an earlier build', async () => {
    const kept = join(layers, 'kept');
    await mkdir(join(kept, 'team_web/launch/old'), { recursive: true });
    await writeFile(join(kept, 'team_web/launch/old/sbom.syft.json'), '{}');
    await mkdir(join(layers, 'sbom/launch/a'), { recursive: true });
    await writeFile(join(layers, 'sbom/launch/a/sbom.cdx.json'), '{}');
    await symlink('/etc/hostname', join(layers, 'sbom/launch/a/link'));
    await keepSboms(layers, 'team/web', kept);
    expect((await readdir(kept, { recursive: true })).sort()).toEqual([
      'team_web',
      'team_web/launch',
      'team_web/launch/a',
      'team_web/launch/a/sbom.cdx.json',
    ]);
  });

  it('never replace a file that is not a bill of materials, and the error names it', async () => {
    const source = join(layers, 'source/web/build/main.go');
    await mkdir(join(source, '..'), { recursive: true });
    await writeFile(source, 'package main');
    await expect(keepSboms(layers, 'web', join(layers, 'source'))).rejects.toMatchObject({
      kind: 'input',
      why: expect.stringContaining(source),
    });
    expect(await readdir(join(source, '..'))).toEqual(['main.go']);
  });
});
