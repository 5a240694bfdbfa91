import * as v from 'valibot';
import { inputError, toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { unreadable } from '../../store/documents/body.js';
import type { Documents } from '../../store/documents/documents.js';
import { decodeImages, type EncodedImages, encodeImages } from './encode-images.js';
import { isGood, type RecordedRun, type Run, runShape } from './recorded.js';
import { attempts, busy, slotNumbers, slotsIn } from './slots.js';

/** The runs of one mirror that were verified, the newest first. */
export interface History {
  /** Where it is, for messages. */
  readonly place: string;
  readonly listRuns: () => Promise<readonly Run[]>;
  /** A run with its images. @throws OpError (input) when there is none of this id, (tool) when the store has lost its images */
  readonly readRun: (id: string) => Promise<RecordedRun>;
  /** The newest run; with an id, the newest that was recorded before that one, which need not be recorded itself. */
  readonly latestRun: (before?: string) => Promise<RecordedRun | undefined>;
  /**
   * Remembers a run, or what was found when it was verified again. Old runs are forgotten, but never the newest that was good. The caller
   * holds the lock of the mirror.
   * @throws OpError (tool)
   */
  readonly recordRun: (recorded: RecordedRun) => Promise<void>;
}

/** A run in the index, and where its images are. Runs that left the same images share them. */
const entry = v.strictObject({
  run: runShape,
  digest: v.string(),
  slots: slotNumbers,
});
type Entry = v.InferOutput<typeof entry>;

const index = v.strictObject({ version: v.literal(1), mirror: v.string(), runs: v.array(entry) });

/**
 * The history of a mirror among the documents of a store: an index, `mirrors/NAME/history`, and the images in `mirrors/NAME/images/NUMBER`.
 * These numbers are used again, so that nothing has to be removed, and a run that is killed before it wrote the index has changed nothing.
 * @param keep how many runs are remembered
 */
export function historyIn(
  documents: Documents,
  { name, keep }: { readonly name: string; readonly keep: number },
): History {
  const folder = `mirrors/${name}`;
  const indexPath = `${folder}/history`;
  const texts = slotsIn(documents, name, `${folder}/images`);

  const readIndex = async () => {
    const found = await documents.get(indexPath);
    if (found === undefined) return { found, entries: [] };
    const read = v.safeParse(index, found.body);
    if (!read.success) throw unreadable(indexPath, documents.place, v.summarize(read.issues));
    return { found, entries: read.output.runs };
  };
  const readImages = async ({ run, digest, slots }: Entry): Promise<RecordedRun> => {
    const images = decodeImages({ text: await texts.read(slots), digest });
    if (images !== undefined) return { run, images };
    throw toolError({
      what: `the images of run ${run.id} cannot be read in ${documents.place}`,
      why: `${slots.map(texts.pathOf).join(', ')} is not what was recorded`,
      hint: `restore it from a backup, or delete ${indexPath}: the history then begins anew`,
    });
  };
  /** Writes into slots that no run uses. */
  const writeImages = async (
    entries: readonly Entry[],
    { text, digest }: EncodedImages,
  ): Promise<readonly number[]> => {
    const same = entries.find((one) => one.digest === digest);
    if (same !== undefined) return same.slots;
    return texts.write(
      entries.flatMap(({ slots }) => slots),
      text,
    );
  };
  return {
    place: documents.place,
    listRuns: async () => (await readIndex()).entries.map(({ run }) => run),
    readRun: async (id) => {
      const found = (await readIndex()).entries.find(({ run }) => run.id === id);
      if (found === undefined) throw noSuchRun(id, name, documents.place);
      return readImages(found);
    },
    latestRun: async (before) => {
      const { entries } = await readIndex();
      const at = entries.findIndex(({ run }) => run.id === before);
      const found = entries[at + 1];
      return found && readImages(found);
    },
    recordRun: async ({ run, images }) => {
      const encoded = encodeImages(images);
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const { found, entries } = await readIndex();
        const slots = await writeImages(entries, encoded);
        const added: Entry = { run, digest: encoded.digest, slots: [...slots] };
        const isKnown = entries.some((one) => one.run.id === run.id);
        const runs = isKnown
          ? entries.map((one) => (one.run.id === run.id ? added : one))
          : newest([added, ...entries], keep);
        const body = { version: 1, mirror: name, runs: [...runs] };
        const written = await (found === undefined
          ? documents.create(indexPath, body)
          : documents.replace(found, body));
        if (written !== 'conflict') return;
      }
      throw busy(indexPath, documents.place);
    },
  };
}

/** The newest runs, and the newest good one, however old it is. */
function newest(entries: readonly Entry[], keep: number): readonly Entry[] {
  const kept = entries.slice(0, keep);
  if (kept.some(({ run }) => isGood(run))) return kept;
  const good = entries.find(({ run }) => isGood(run));
  return good === undefined ? kept : [...kept, good];
}

const noSuchRun = (id: string, name: string, place: string) =>
  inputError({
    what: `mirror ${name} has no run "${oneLine(id)}" in ${place}`,
    why: 'it was never recorded there, or is forgotten by now',
    hint: 'op mirror history lists the runs',
  });
