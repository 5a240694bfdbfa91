import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { writeAtomic } from '../../kit/files/write-atomic.js';
import type { RequestOf } from '../../kit/options/option.js';
import { shellWord } from '../../kit/process/shell-word.js';
import { servePage } from '../../systems/http/serve-page.js';
import type { Release } from '../documents/shapes.js';
import type { PackageView } from '../next/snapshot.js';
import type { placeOptions, viewOptions } from '../options.js';
import { type PackageHistory, policy, statusPageOf } from '../report/html-page.js';
import { statusOf } from '../report/status.js';
import { nameOfWork } from '../worker/act.js';
import { openPlace, type Place } from './place.js';
import { withVerdict } from './release-show.js';

/** Releases of a package that are listed, and those whose items are shown besides open ones that fit. */
const listed = 20;
const shownAtMost = 8;

/** `op state view`: the status as a page on loopback until op is stopped, or as a file. @throws OpError */
export async function viewState(context: Context, request: RequestOf<typeof viewOptions>): Promise<void> {
  await using place = await openPlace(context, request);
  const page = () => pageOf(place, request);
  const { output, listen } = request;
  if (output !== undefined) {
    await writeAtomic(resolve(context.cwd, output), await page());
    context.log.step(`${output}: written; open it with a browser`);
    return;
  }
  await servePage(context, { listen, policy, page, ready: (url) => context.out(`${url}\n`) });
}

async function pageOf({ records, context }: Place, request: RequestOf<typeof placeOptions>): Promise<string> {
  const snapshot = await records.snapshot();
  const status = statusOf(snapshot);
  const views = [...snapshot.packages.values()];
  const releases = await records.allReleases();
  const packages = views.map((view) =>
    historyOf(
      view,
      releases.filter((one) => one.package === view.name),
    ),
  );
  const { state, intent } = records.stores;
  return statusPageOf({
    status,
    packages,
    now: context.now(),
    places: state.place === intent.place ? [state.place] : [state.place, `intent in ${intent.place}`],
    flags: flagsOf(request),
    ready: status.ready.map(nameOfWork),
  });
}

/** The newest releases, and the items of those that are open, deployed or newest. */
function historyOf(view: PackageView, all: readonly Release[]): PackageHistory {
  const { name, document } = view;
  const deployed = Object.values(document.deployments).flatMap(({ current }) => current?.release ?? []);
  const matter = new Set([...document.open, ...deployed, document.newest]);
  const shown = [...matter].toSorted((a, b) => b - a).slice(0, shownAtMost);
  const releases = all
    .toReversed()
    .filter(({ number }, at) => at < listed || shown.includes(number))
    .map((release) => withVerdict(release, view));
  return { name, releases, count: all.length, shown };
}

/** The flags that say where the stores are, for a command to type elsewhere; variables and `octopipeline.repo.ts` say it themselves. */
const flagsOf = ({ store, intentStore, namespace }: RequestOf<typeof placeOptions>): string =>
  Object.entries({ store, 'intent-store': intentStore, namespace })
    .map(([name, value]) => (value === undefined ? '' : ` --${name}=${shellWord(value)}`))
    .join('');
