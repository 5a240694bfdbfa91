import { createHash } from 'node:crypto';
import { changesSince } from '../../src/op/mirroring/history/changes.js';
import { type RecordedRun, runIdOf } from '../../src/op/mirroring/history/recorded.js';
import { recordedImages } from '../../src/op/mirroring/report/recorded-images.js';
import { type Outcome, outcomes, type Report, type ReportedImage } from '../../src/op/mirroring/report/reported.js';

/** What somebody may write into an error message of a registry to get into a page. */
export const hostile = [
  '<script>document.title = "taken"</script>',
  '"><img src=x onerror="document.title=\'taken\'">',
  "'><svg onload=alert(1)>",
  '</td></tr></table></main><h1>All is well</h1>',
  '<!--',
  '<style>*{display:none}</style>',
  '&lt;script&gt;',
  '<a href="javascript:alert(1)">read more</a>',
] as const;

/** One image of a report that is made for a test. */
interface Sample {
  readonly name: string;
  readonly tag?: string;
  readonly outcome: Outcome;
  readonly why?: string | null;
  readonly bytes?: number;
  /** The letter of the digest that it had in the run before; absent: it was not selected. */
  readonly was?: string;
  /** Failed in the run before. */
  readonly failed?: boolean;
}

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** The report of a run on a day in November, compared with the run of the day before, unless there was none. */
export function reportWith(
  samples: readonly Sample[],
  {
    before = '2026-11-26',
    gone = [],
  }: { readonly before?: '2026-11-26' | 'none'; readonly gone?: readonly string[] } = {},
): Report {
  const destinationOf = ({ name, tag = 'v1' }: Pick<Sample, 'name' | 'tag'>) =>
    `registry.site.example/mirror/${name}:${tag}`;
  const sourceOf = ({ name, tag = 'v1' }: Pick<Sample, 'name' | 'tag'>) => `quay.io/${name}:${tag}`;
  const images = samples.map((sample): ReportedImage => {
    const { name, outcome, why = null, bytes = 0, was } = sample;
    const isSame = outcome === 'unchanged' && was !== undefined;
    return {
      source: sourceOf(sample),
      destination: destinationOf(sample),
      digest: isSame ? `sha256:${was.repeat(64)}` : digestOf(`${name}:${sample.tag}`),
      outcome,
      bytes,
      verified: true,
      fails: ['failed', 'wrong', 'missing', 'unknown', 'drift'].includes(outcome),
      why,
      referrers: 0,
      left: [],
    };
  });
  const earlier: RecordedRun = {
    run: {
      id: runIdOf(`${before}T16:09:12.000Z`, digestOf('plan')),
      workflow: 'direct',
      plannedAt: `${before}T16:09:12.000Z`,
      verifiedAt: `${before}T16:10:00.000Z`,
      mirrorFile: 'mirror.yaml',
      mirrorDigest: digestOf('file'),
      planDigest: digestOf('plan'),
      images: samples.length,
      failing: 0,
      unlisted: 0,
      copied: 0,
      bytes: 0,
    },
    images: [
      ...samples.flatMap(({ was, failed = false, ...sample }) =>
        was === undefined
          ? []
          : [
              {
                source: sourceOf(sample),
                destination: destinationOf(sample),
                digest: failed ? null : `sha256:${was.repeat(64)}`,
                outcome: failed ? ('failed' as const) : ('mirrored' as const),
              },
            ],
      ),
      ...gone.map((name) => ({
        source: sourceOf({ name }),
        destination: destinationOf({ name }),
        digest: digestOf(name),
        outcome: 'mirrored' as const,
      })),
    ],
  };
  const count = (outcome: Outcome) => images.filter((image) => image.outcome === outcome).length;
  return {
    version: 1,
    workflow: 'direct',
    name: 'site',
    mirrorFile: 'mirror.yaml',
    mirrorDigest: digestOf('file'),
    planDigest: digestOf('new plan'),
    plannedAt: '2026-11-27T16:08:40.000Z',
    copiedAt: '2026-11-27T16:09:58.000Z',
    verifiedAt: '2026-11-27T16:10:03.000Z',
    verifiedDeep: false,
    refused: [],
    unlisted: [],
    totals: {
      ...(Object.fromEntries(outcomes.map((outcome) => [outcome, count(outcome)])) as Record<Outcome, number>),
      bytes: images.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    images,
    changes: before === 'none' ? null : changesSince(earlier, [], recordedImages([], images)),
  };
}
