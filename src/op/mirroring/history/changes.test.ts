import { describe, expect, it } from 'vitest';
import { type ChangeKind, changeKinds, changesSince } from './changes.js';
import { type RecordedImage, type RecordedOutcome, type RecordedRun, runIdOf } from './recorded.js';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const image = (name: string, letter: string | null, outcome: RecordedOutcome = 'mirrored'): RecordedImage => ({
  source: `quay.io/acme/${name}:v1`,
  destination: `registry.site.test/${name}:v1`,
  digest: letter === null ? null : digest(letter),
  outcome,
});
const at = '2026-11-27T16:10:00.000Z';
const earlierRun = (...images: RecordedImage[]): RecordedRun => ({
  run: {
    id: runIdOf(at, digest('a')),
    workflow: 'direct',
    plannedAt: at,
    verifiedAt: at,
    mirrorFile: 'mirror.yaml',
    mirrorDigest: digest('b'),
    planDigest: digest('a'),
    images: images.length,
    failing: 0,
    unlisted: 0,
    copied: 0,
    bytes: 0,
  },
  images,
});
const now = (...images: RecordedImage[]) => images;
const letterOf = (text: string | null) => text?.at(-1) ?? '-';

/** `changed web a>b` */
function said(earlier: RecordedRun, images: readonly RecordedImage[], unknown: readonly RecordedImage[] = []) {
  const changes = changesSince(earlier, unknown, images);
  return changeKinds.flatMap((kind: ChangeKind) =>
    changes[kind].map(({ destination, from, to }) => {
      const [, name] = /\/(.*):/u.exec(destination) ?? [];
      return `${kind} ${name} ${letterOf(from)}>${letterOf(to)}`;
    }),
  );
}

describe('what changed since an earlier run', () => {
  it('is nothing when everything is as it was', () => {
    expect(
      said(
        earlierRun(image('web', 'a'), image('kept', 'c', 'kept')),
        now(image('web', 'a'), image('kept', 'c', 'kept')),
      ),
    ).toEqual([]);
  });

  it.each([
    ['a new image', earlierRun(), now(image('web', 'a')), 'added web ->a'],
    ['another digest', earlierRun(image('web', 'a')), now(image('web', 'b')), 'changed web a>b'],
    ['one that is not selected any more', earlierRun(image('web', 'a')), now(), 'gone web a>-'],
    ['one that fails now', earlierRun(image('web', 'a')), now(image('web', 'a', 'failed')), 'failing web a>a'],
    ['a new one that fails', earlierRun(), now(image('web', null, 'missing')), 'failing web ->-'],
    [
      'one that still fails',
      earlierRun(image('web', null, 'failed')),
      now(image('web', 'a', 'drift')),
      'stillFailing web ->a',
    ],
    [
      'one that failed and does not now',
      earlierRun(image('web', null, 'failed')),
      now(image('web', 'a')),
      'recovered web ->a',
    ],
    ['one that failed and is gone', earlierRun(image('web', null, 'failed')), now(), 'gone web ->-'],
    [
      'a drift that is kept and moved',
      earlierRun(image('web', 'a', 'kept')),
      now(image('web', 'b', 'kept')),
      'changed web a>b',
    ],
  ])('says %s', (_, earlier, images, expected) => expect(said(earlier, images)).toEqual([expected]));

  it('does not take images for gone of which nothing is known now', () => {
    const lost = image('web', 'a');
    expect(said(earlierRun(lost, image('api', 'a')), now(), [lost])).toEqual(['gone api a>-']);
  });

  it('names the run that it compares with', () => {
    expect(changesSince(earlierRun(), [], []).since).toEqual({ id: '20261127T161000Z-aaaaaaaa', verifiedAt: at });
  });
});
