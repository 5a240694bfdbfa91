import type { Context } from '../../context.js';
import { inputError, refusedError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import type { RequestOf } from '../../kit/options/option.js';
import { shellWord } from '../../kit/process/shell-word.js';
import type { Approval, PlanItem } from '../documents/shapes.js';
import { changedInputs } from '../next/deployments.js';
import { approvalSignature, mayBypass } from '../next/gates.js';
import { plainOf, resolveInputs } from '../next/inputs.js';
import { itemsOf, standOfItem } from '../next/phases.js';
import { environmentOf } from '../next/snapshot.js';
import type { placeOptions, reasonOptions } from '../options.js';
import { oneWord, openPlace, referenceOf, releaseOf } from './place.js';
import { refuseEnded } from './verdict.js';

type Request = RequestOf<typeof placeOptions & typeof reasonOptions>;

interface ApproveRequest extends Request {
  readonly bypass: readonly string[];
  /** Print what an approval would be for, and write none. */
  readonly look: boolean;
  /** The digest that was printed then; empty: whatever it is for now. */
  readonly for: string;
}

/** `op approve FILE/@rN/deploy/ENVIRONMENT`: for the inputs that it has now. @throws OpError (refused) when it has others than `for` */
export const approve = (context: Context, request: ApproveRequest, words: readonly string[]) =>
  decide(context, request, words, 'approved', request);

/** `op reject FILE/@rN/deploy/ENVIRONMENT`: until somebody approves it, or its inputs change. @throws OpError */
export const reject = (context: Context, request: Request, words: readonly string[]) =>
  decide(context, request, words, 'rejected', { bypass: [], look: false, for: '' });

async function decide(
  context: Context,
  request: Request,
  words: readonly string[],
  decision: Approval['decision'],
  { bypass, look, for: looked }: Pick<ApproveRequest, 'bypass' | 'look' | 'for'>,
): Promise<void> {
  await using place = await openPlace(context, request);
  const { records, written } = place;
  const verb = decision === 'approved' ? 'approve' : 'reject';
  const reference = await referenceOf(place, oneWord(words, verb, 'an item'));
  const of = await releaseOf(place, reference);
  const snapshot = await records.snapshot();
  const view = snapshot.packages.get(of.package);
  refuseEnded(of, view?.intent);
  const release = await records.release(of.package, of.number);
  const key = reference.type === undefined ? '' : `${reference.type}/${reference.subpath}`;
  const planned = release && itemsOf(release.plan).find((one) => one.key === key);
  const item = `${of.package}/@r${of.number}${key === '' ? '' : `/${key}`}`;
  const environment = environmentOf(key);
  const changed = view && environment !== undefined ? changedInputs(snapshot, view, environment) : undefined;
  // It is there, and waits to be deployed again with other inputs.
  const again = changed?.release === of.number ? changed : undefined;
  const stand =
    again === undefined ? release && planned && view && standOfItem(snapshot, view, release, planned) : undefined;
  const nothing = key === '' ? notAnItem : planned && whyNothing(planned, bypass, stand);
  if (planned === undefined || nothing !== undefined) {
    throw inputError({
      what: `${item} has nothing to ${verb}`,
      why: nothing ?? 'the release has no such item',
      hint: `op release preview FILE shows the gates of each item, op release show ${shellWord(`${of.package}/@r${of.number}`)} what ran`,
    });
  }
  const by = planned.gates.flatMap((gate) => (gate.is === 'approval' ? [gate.by] : []));
  if (by.some((names) => names !== undefined && !names.includes(written().by))) {
    throw refusedError({
      what: `${written().by} may not decide on ${item}`,
      why: `its approval is for ${by.flatMap((names) => names ?? []).join(', ')}`,
      hint: 'ask one of them',
    });
  }
  const { inputs, missing } = again === undefined ? resolveInputs(snapshot, planned.inputs) : { ...again, missing: [] };
  if (missing.length > 0) {
    throw refusedError({
      what: `${item} cannot be decided yet`,
      why: `it still waits for ${missing.map(({ ref }) => ref).join(', ')}, and a decision is about its inputs`,
      hint: 'decide when they are there',
    });
  }
  const signature = approvalSignature(key, planned.gates, plainOf(inputs), planned.runs);
  const values = Object.entries(plainOf(inputs)).map(
    ([name, value]) => `${oneLine(name)}=${oneLine(JSON.stringify(value), look ? 4000 : 80)}`,
  );
  const shown = values.length === 0 ? 'it has no inputs' : `its inputs: ${values.join(' ')}`;
  if (look) {
    context.log.step(`${shown}\nto approve these and no others: op approve ${shellWord(item)} --for=${signature}`);
    return;
  }
  if (looked !== '' && looked !== signature) {
    throw refusedError({
      what: `${item} is not approved`,
      why: `what an approval is for has changed since --for was printed; now ${shown}`,
      hint: `look at it again: op approve ${shellWord(item)} --look`,
    });
  }
  const approval: Approval = {
    release: of.number,
    item: key,
    signature,
    decision,
    bypass: [...bypass],
    reason: request.reason,
    written: written(),
  };
  await records.changeIntent(of.package, (found) => ({ ...found, approvals: [...found.approvals, approval] }));
  context.log.step(shown);
  const follows =
    decision === 'approved'
      ? 'op work any goes on'
      : `the release waits; op release abandon ${shellWord(`${of.package}/@r${of.number}`)} ends it`;
  context.log.step(`${item} is ${decision} by ${approval.written.by}; ${follows}`);
}

const notAnItem = 'it is a release, and a decision is about an item of it, such as deploy/production';

/** Why nobody can decide on an item; undefined when somebody can. */
function whyNothing(
  planned: PlanItem,
  bypass: readonly string[],
  stand: ReturnType<typeof standOfItem> | undefined,
): string | undefined {
  const gates = planned.gates.map(({ is }): string => is);
  if (gates.length === 0) return 'it has no gates';
  const unknown = bypass.find((gate) => !gates.includes(gate));
  if (unknown !== undefined) return `it has no gate ${unknown} to pass by; it has ${gates.join(', ')}`;
  const closed = bypass.find((kind) => !planned.gates.some((gate) => gate.is === kind && mayBypass(gate)));
  if (closed !== undefined) return `its plan does not let anybody pass by its gate ${closed}`;
  if (bypass.length === 0 && !gates.includes('approval')) return `it needs no approval; its gates: ${gates.join(', ')}`;
  if (stand === 'complete') return 'it was done already';
  if (stand === 'superseded') return 'a newer release was deployed there';
  return stand === 'gone' ? 'its environment is not there' : undefined;
}
