import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { messageBytes, messageLimit } from '../../kit/results/message.js';
import { formatReference } from '../../systems/registry/reference.js';
import { formatBuildResult } from '../build-result/parse.js';
import { writeBuildResult } from '../build-result/result-file.js';
import type { RecordRequest } from './options.js';
import { record } from './record.js';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const image = (imageName: string, letter: string) => ({
  imageName,
  reference: { registry: 'r.example', path: `acme/${imageName}`, tag: 'v1', digest: digest(letter) },
});
const base = image('base', 'a');
const web = image('web', 'b');

let room: string;
let listDigest: string;
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'record-'));
  listDigest = await writeBuildResult(join(room, 'build_result.json'), [base, web]);
});
afterEach(() => rm(room, { recursive: true, force: true }));

const recorded = (request: Partial<RecordRequest> = {}) =>
  record(testContext({ cwd: room }).context, { buildResult: 'build_result.json', reusedImages: [], ...request });

async function refusal(request: Partial<RecordRequest> = {}): Promise<string> {
  try {
    await recorded(request);
  } catch (error) {
    if (error instanceof OpError) return `${error.exitCode} ${error.message}: ${error.why}`;
    throw error;
  }
  return 'not refused';
}

describe('what op record gives', () => {
  it('is of the list: all built images, the last one, and the digest of the bytes', async () => {
    expect(
      await recorded({ repository: 'r.example/acme', gitUrl: 'https://user:secret@git.example/x', gitCommit: 'c0' }),
    ).toEqual({
      IMAGE_URL: 'r.example/acme/web:v1',
      IMAGE_DIGEST: digest('b'),
      IMAGES: `r.example/acme/base:v1@${digest('a')},r.example/acme/web:v1@${digest('b')}`,
      REUSED_IMAGES: '',
      LIST_DIGEST: listDigest,
      'CHAINS-GIT_URL': 'https://git.example/x',
      'CHAINS-GIT_COMMIT': 'c0',
    });
  });

  it('is short for more images than a pod can hand on, and still says what was only found', async () => {
    const many = Array.from({ length: 22 }, (_, index) => image(`image-${index}`, 'c'));
    listDigest = await writeBuildResult(join(room, 'build_result.json'), many);
    const found = many.slice(2, 5).map(({ reference }) => formatReference(reference));
    const given = await recorded({ reusedImages: found, gitUrl: 'https://git.example/x', gitCommit: 'c'.repeat(40) });
    expect(given).toMatchObject({
      IMAGE_URL: 'r.example/acme/image-21:v1',
      IMAGE_DIGEST: digest('c'),
      IMAGES: '',
      REUSED_IMAGES: '#3-5',
      LIST_DIGEST: listDigest,
    });
    expect(messageBytes(given)).toBeLessThanOrEqual(messageLimit);
    expect(await recorded({ reusedImages: ['#3-5'] })).toMatchObject({ IMAGES: '', REUSED_IMAGES: '#3-5' });
    expect(await recorded({ reusedImages: ['#22'] })).toMatchObject({ IMAGE_URL: '', REUSED_IMAGES: '#22' });
    expect(await refusal({ reusedImages: ['#23'] })).toContain('does not list #23');
  });

  it('claims no image that was only found in the registry', async () => {
    const found = `r.example/acme/web:v1@${digest('b')}`;
    expect(await recorded({ reusedImages: [found] })).toMatchObject({
      IMAGE_URL: '',
      IMAGE_DIGEST: '',
      IMAGES: `r.example/acme/base:v1@${digest('a')}`,
      REUSED_IMAGES: found,
    });
  });

  it('is about the named image', async () => {
    expect(await recorded({ imageName: 'base' })).toMatchObject({ IMAGE_URL: 'r.example/acme/base:v1' });
  });
});

describe('op record refuses', () => {
  const write = (text: string) => writeFile(join(room, 'build_result.json'), text);

  it.each(['r.example/acm', 'r.example/acme/web', 'r.example/acme/base', 'other.example/acme', 'r.example/acme/x'])(
    'images that are not below %s',
    async (repository) => {
      expect(await refusal({ repository })).toMatch(
        /^6 .*build_result\.json names r\.example\/acme\/(?:base|web):v1@.* not below/u,
      );
    },
  );

  it('a reused image that the list does not have', async () => {
    expect(await refusal({ reusedImages: ['r.example/acme/web:v2'] })).toContain('6 ');
  });

  it('an image without a digest', async () => {
    await write(formatBuildResult([{ imageName: 'web', reference: { path: 'acme/web', tag: 'v1' } }]));
    expect(await refusal()).toMatch(/^3 image "web" of .* has no digest/u);
  });

  it('a list that is a link, half a file, or missing', async () => {
    const text = await readFile(join(room, 'build_result.json'), 'utf8');
    await write(text.slice(0, 20));
    expect(await refusal()).toContain('is not a build result');
    await rm(join(room, 'build_result.json'));
    expect(await refusal()).toContain('the file does not exist');
    await write(text);
    await symlink('build_result.json', join(room, 'link.json'));
    expect(await refusal({ buildResult: 'link.json' })).toMatch(/^6 .*it is a link/u);
  });
});
