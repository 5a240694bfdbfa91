import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OpError } from '../../kit/errors/op-error.js';
import type { BuiltImage } from './build-result.js';
import { readBuildResult, writeBuildResult } from './result-file.js';

const web: BuiltImage = {
  imageName: 'web',
  reference: { registry: 'r.invalid', path: 'dev/web', tag: 'v1', digest: `sha256:${'a'.repeat(64)}` },
};

let room: string;
let path: string;
let digest: string;
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'build-result-'));
  path = join(room, 'build_result.json');
  digest = await writeBuildResult(path, [web]);
});
afterEach(() => rm(room, { recursive: true, force: true }));

async function refusal(listDigest: string | undefined): Promise<string> {
  try {
    await readBuildResult(path, listDigest);
  } catch (error) {
    if (error instanceof OpError) return `${error.exitCode} ${error.message}: ${error.why}`;
    throw error;
  }
  return 'not refused';
}

it('a list that is missing says that pods share no emptyDir', async () => {
  await rm(path);
  await expect(readBuildResult(path)).rejects.toMatchObject({
    kind: 'input',
    why: 'the file does not exist: no build has succeeded here yet',
    hint: expect.stringContaining('with an emptyDir, each pod has its own'),
  });
});

describe('a list with its digest', () => {
  it('is read when its bytes are those that op wrote', async () => {
    const bytes = await readFile(path);
    expect(digest).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    expect((await readBuildResult(path, digest)).images).toEqual([web]);
  });

  it('is refused after one byte changed, with both digests', async () => {
    await writeFile(path, `${await readFile(path, 'utf8')} `);
    const said = await refusal(digest);
    expect(said).toContain(`6 ${path} is not the list of images that was handed on`);
    expect(said).toContain(`${digest} was expected`);
    expect(said).toMatch(/its digest is sha256:[0-9a-f]{64},/u);
  });

  it('is refused as a link, to the same bytes too, and the file behind the link is not read', async () => {
    const elsewhere = join(room, 'elsewhere.json');
    await writeBuildResult(elsewhere, [web]);
    await rm(path);
    await symlink(elsewhere, path);
    expect(await refusal(digest)).toContain('it is a link');
    expect((await readBuildResult(path)).images).toEqual([web]);
  });

  it.each([
    ['a directory', () => mkdir(path), 'it is not a regular file'],
    ['a pipe without a writer', () => execa('mkfifo', [path]), 'it is not a regular file'],
    ['a huge file', () => writeFile(path, '').then(() => truncate(path, 2 ** 33)), 'and a list has at most'],
  ])('is refused as %s', async (_, put, why) => {
    await rm(path);
    await put();
    expect(await refusal(digest)).toMatch(/^6 /u);
    expect(await refusal(digest)).toContain(why);
    expect(await refusal(undefined)).toMatch(/^3 /u);
  });

  it('is refused for a digest that is none', async () => {
    expect(await refusal('$(id)\n')).toMatch(/^6 /u);
  });

  it('is missing', async () => {
    await rm(path);
    expect(await refusal(digest)).toContain('3 cannot read');
  });
});
