/** The same Pipelines on real Tekton and locally: all that a user sees of them must be the same. */
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kubectl } from '../rig.js';
import { cases } from './cases/all.js';
import { compare, refusalOf } from './compare.js';
import { disorder, isLate, type Outcome } from './outcome.js';
import type { PipelineCase } from './pipeline-case.js';
import { runLocally } from './run-locally.js';
import { runOnTekton } from './run-on-tekton.js';

const namespace = `differential-${process.pid}`;
const again = [`${namespace}-again`, `${namespace}-last`];
let onTekton: ReadonlyMap<string, Outcome>;
let local: ReadonlyMap<string, Outcome>;

beforeAll(async () => {
  await create(namespace);
  const [there, here] = await Promise.all([
    runOnTekton(cases, namespace, { atATime: 12 * availableParallelism(), timeout: 500_000 }),
    runAllLocally(),
  ]);
  [onTekton, local] = [await withoutLate(there), here];
}, 900_000);
// Other tests need not wait until two hundred pods are gone.
afterAll(() => kubectl(['delete', 'namespace', namespace, ...again, '--wait=false', '--ignore-not-found']));

async function create(name: string): Promise<void> {
  await kubectl(['create', 'namespace', name]);
  await kubectl(['wait', '--for=create', 'serviceaccount/default', `--namespace=${name}`, '--timeout=30s']);
}

/** Runs those again, two at a time, whose time was up before their pod ran: they say how busy the machine was, not what Tekton does. */
async function withoutLate(first: ReadonlyMap<string, Outcome>): Promise<ReadonlyMap<string, Outcome>> {
  let outcomes = first;
  for (const place of again) {
    const late = cases.filter(({ name }) => isLate(outcomes.get(name)));
    if (late.length === 0) break;
    await create(place);
    outcomes = new Map([...outcomes, ...(await runOnTekton(late, place, { atATime: 2, timeout: 180_000 }))]);
  }
  return outcomes;
}

async function runAllLocally(): Promise<ReadonlyMap<string, Outcome>> {
  const left = [...cases];
  const outcomes = new Map<string, Outcome>();
  const work = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) outcomes.set(one.name, await runLocally(one));
  };
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, work));
  return outcomes;
}

function both({ name }: PipelineCase): { readonly there: Outcome; readonly here: Outcome } {
  const there = onTekton.get(name);
  const here = local.get(name);
  if (there === undefined || here === undefined) throw new Error(`${name} was not run`);
  return { there, here };
}

describe('a run is the same on Tekton and locally', () => {
  test.each(cases.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const { there, here } = both(one);
    const { tekton, op } = compare(one, there, here);
    expect(op).toEqual(tekton);
    for (const outcome of [there, here]) if (!('refused' in outcome)) expect(disorder(outcome)).toEqual([]);
  });
});

test('what Tekton refuses or fails before it makes a pod is refused here before anything starts; the list beside this test has both messages', async () => {
  const refused = cases.flatMap((one) => {
    const { there, here } = both(one);
    const [tekton, op] = [refusalOf(there), refusalOf(here)];
    return tekton === undefined || op === undefined
      ? []
      : [`${one.name}\n  Tekton: ${oneLine(tekton)}\n  op: ${oneLine(op)}\n`];
  });
  await expect(refused.join('')).toMatchFileSnapshot('refused.txt');
});

const oneLine = (text: string) => text.replaceAll(/\s*\n\s*/gu, ' | ');
