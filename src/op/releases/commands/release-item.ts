import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';
import type { Context } from '../../context.js';
import { inputError, OpError, refusedError, toolError } from '../../kit/errors/op-error.js';
import type { RequestOf } from '../../kit/options/option.js';
import { FailedWithOutputs } from '../../kit/results/results.js';
import { type Answer, type answerResult, encodeAnswer, fitsResult } from '../cluster/answer.js';
import type { itemOptions } from '../cluster/options.js';
import { provideLibrary } from '../cluster/own-library.js';
import { pack, unpack } from '../cluster/packed.js';
import { type ItemRequest, requestShape } from '../cluster/request.js';
import type { Plan, PlanRun } from '../documents/shapes.js';
import { digestOf } from '../documents/signature.js';
import { type EvaluatedFile, evaluateFile } from '../load/evaluate-file.js';
import { findRepository } from '../load/repository.js';
import { execute } from '../worker/execute.js';
import { filesOf } from '../worker/tekton.js';

type Outputs = Readonly<Record<typeof answerResult, string>>;

/**
 * `op release-item`: in the pod of an item, evaluates a release, or runs one of its functions, and gives the answer as a result.
 * @param library the module `octopipeline/release`
 * @throws FailedWithOutputs when what it ran has failed
 */
export async function releaseItem(
  context: Context,
  request: RequestOf<typeof itemOptions>,
  library: () => Promise<object>,
): Promise<Outputs> {
  const asked = unpack(requestShape, request.request);
  if (asked === undefined) {
    throw inputError({
      what: 'the request of this item cannot be read',
      why: 'it is not what op release-worker of this version packs',
      hint: 'use the Task release-item of the version of the Pipelines release and work',
    });
  }
  const directory = resolve(context.cwd, request.directory);
  await provideLibrary(directory, await library());
  const inside = { ...context, cwd: directory };
  return asked.do === 'plan' ? plan(inside, asked) : runItem(inside, asked);
}

const noValue = async (reference: string): Promise<never> => {
  throw refusedError({
    what: `${reference} is not known here`,
    why: 'the pod of an item cannot read the stores',
    hint: 'make it an input of the item',
  });
};

type Asked<Do> = Extract<ItemRequest, { readonly do: Do }>;

async function evaluated(context: Context, { repo, path, number, environments }: ItemRequest): Promise<EvaluatedFile> {
  const base = { repo, path, release: `r${number}` };
  return evaluateFile(context, { root: context.cwd, path, environments, base, valueNow: noValue });
}

async function plan(context: Context, asked: Asked<'plan'>): Promise<Outputs> {
  context.log.step(`plan ${asked.repo}/-/${asked.path}/@r${asked.number}`);
  try {
    const alias = (await findRepository(context))?.definition?.alias;
    if (alias !== undefined && alias !== asked.repo) throw otherName(alias, asked.repo);
    const { plan, registered } = await evaluated(context, asked);
    const whole = await withFiles(context.cwd, plan);
    const count = whole.phases.reduce((sum, { items }) => sum + items.length, 0);
    context.log.step(`${count} items in ${whole.phases.length} phases`);
    return give(context, { is: 'planned', plan: whole, registered: [...registered] });
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    const { message: what, why, hint } = error;
    throw new FailedWithOutputs(give(context, { is: 'refused', what, why, hint }), error);
  }
}

const otherName = (alias: string, repo: string) =>
  refusedError({
    what: `the repository calls itself ${alias}`,
    why: `the Pipeline calls it ${repo}, and its documents have that name`,
    hint: `give the Pipeline the param repository: ${alias}`,
  });

async function runItem(context: Context, asked: Asked<'run'>): Promise<Outputs> {
  const { repo, path, number, commit, key, action, item, inputs, environment } = asked;
  context.log.step(`${action} ${repo}/-/${path}/@r${number}/${item}`);
  const call = {
    item,
    inputs,
    environment,
    release: { name: `r${number}`, package: `${repo}/-/${path}`, commit },
    directory: context.cwd,
  };
  const { functions, lookUp } = await evaluated(context, asked);
  const found = functions.get(key)?.[action];
  if (found === undefined) {
    throw refusedError({
      what: `the release has no ${action} of ${key}`,
      why: `the file at commit ${commit} gives another plan now`,
      hint: 'make it depend on nothing but its commit and the environments, and make another release',
    });
  }
  const ending = await execute(context, { ...call, function: found, lookUp });
  if (ending.status === 'failed') throw failedWith(context, item, ending.error);
  const { output, tags } = ending;
  const answer: Answer = { is: 'complete', output, ...(tags === undefined ? {} : { tags: [...tags] }) };
  const size = pack(answer).length;
  if (fitsResult(pack(answer))) return give(context, answer);
  throw failedWith(context, item, `its outputs have ${size} characters when packed, more than a result can hand on`);
}

const failedWith = (context: Context, item: string, error: string) =>
  new FailedWithOutputs(
    give(context, { is: 'failed', error }),
    toolError({ what: `${item} failed`, why: error, hint: 'correct it, and make a new release, or op release retry' }),
  );

function give({ out }: Context, answer: Answer): Outputs {
  const { result, lines } = encodeAnswer(answer);
  for (const line of lines) out(`${line}\n`);
  return { ANSWER: result };
}

/** The plan with the YAML of Tasks and Pipelines in files of the commit: the worker has no files. */
async function withFiles(directory: string, plan: Plan): Promise<Plan> {
  const documents: Record<string, string> = { ...plan.documents };
  const filled = async (run: PlanRun): Promise<PlanRun> => {
    if (run.digest !== undefined || run.files.length === 0) return { ...run, files: [] };
    const text = await yamlIn(directory, run.files);
    const digest = digestOf(text);
    documents[digest] = text;
    return { ...run, digest, files: [] };
  };
  const phases: Plan['phases'] = [];
  for (const { name, items } of plan.phases) {
    const own: Plan['phases'][number]['items'] = [];
    for (const item of items) {
      const runs: Record<string, PlanRun> = {};
      for (const [does, run] of Object.entries(item.runs ?? {})) runs[does] = await filled(run);
      own.push(item.runs === undefined ? item : { ...item, runs });
    }
    phases.push({ name, items: own });
  }
  return { ...plan, phases, ...(Object.keys(documents).length === 0 ? {} : { documents }) };
}

const anyObject = v.looseObject({ kind: v.string() });

async function yamlIn(directory: string, files: readonly string[]): Promise<string> {
  const texts: string[] = [];
  for (const file of files) {
    const found = await filesOf(directory, file);
    const isFolder = (await stat(found)).isDirectory();
    const names = isFolder ? (await readdir(found)).filter((name) => /\.ya?ml$/u.test(name)).toSorted() : [''];
    for (const name of names) {
      const documents = parseAllDocuments(await readFile(join(found, name), 'utf8'));
      for (const document of documents) {
        const object: unknown = document.toJS();
        if (v.is(anyObject, object)) texts.push(JSON.stringify(object));
      }
    }
  }
  return texts.join('\n---\n');
}
