import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Context } from '../../context.js';
import { inputError, type OpError } from '../../kit/errors/op-error.js';
import { printable } from '../../kit/log/printable.js';
import { partsOf, type Question } from './activation.js';
import {
  type AppliedProfiles,
  appliedProfiles,
  type Config,
  type Profile,
  type SkaffoldRun,
} from './applied-profiles.js';
import { readConfigFiles } from './config-files.js';
import { inspectProfiles } from './profiles.js';
import { type Project, skaffoldVariables } from './project.js';

/** How to tell `skaffold diagnose` which profiles to apply. */
export interface ProfilesForDiagnose {
  /** Values of `--profile`. */
  readonly named: readonly string[];
  /** Whether modules get them too. */
  readonly propagate: boolean;
}

/** More are not tried out. */
const mostQuestions = 4;

/**
 * What has to be named for `skaffold diagnose` to apply the same profiles to each configuration as `skaffold build`, in the same order.
 * They differ where a profile is activated by command. Named profiles come last and reach modules too; `-name` before `name` takes
 * a profile that is active out of its place. A way counts only if it gives the same for every configuration, whatever the conditions that
 * op does not evaluate; without one, the build must be refused, because op would build other images than Skaffold.
 */
export async function profilesForDiagnose(context: Context, project: Project): Promise<ProfilesForDiagnose | OpError> {
  const asWritten: ProfilesForDiagnose = { named: project.profiles, propagate: true };
  if (project.config !== undefined) return asWritten;
  const main = resolve(project.directory, project.file);
  const { files, unknown } = await readConfigFiles(main);
  const configs = [...files.values()].flat();
  const byCommand = configs.flatMap(({ profiles }) => profiles).find(isByCommand)?.name;
  if (unknown !== undefined) {
    const mayBe = byCommand ?? (await mayActivateByCommand(context, project, [...files.keys()]));
    return mayBe === undefined ? asWritten : notTheSame(project.file, mayBe, unknown);
  }
  if (byCommand === undefined) return asWritten;
  const variables = await readFile(join(project.directory, 'skaffold.env'), 'utf8').catch(() => '');
  if (variables !== '')
    return notTheSame(project.file, byCommand, 'skaffold.env may decide it, which op does not read');
  const env: SkaffoldRun['env'] = { ...context.env, ...skaffoldVariables(project) };
  const questions = questionsIn(configs, env);
  if (questions.length > mostQuestions) return notTheSame(project.file, byCommand, cannotTell(questions));
  const answers = subsetsOf(questions);
  const run = {
    named: project.profiles,
    propagate: !isOff(env.SKAFFOLD_PROPAGATE_PROFILES),
    automatic: !isOff(env.SKAFFOLD_PROFILE_AUTO_ACTIVATION),
    env,
  };
  const gives = (one: Pick<SkaffoldRun, 'command' | 'named' | 'propagate'>, yes: ReadonlySet<Question>) =>
    appliedProfiles(files, main, { ...run, ...one, yes });
  const built = answers.map((yes) => gives({ ...run, command: 'build' }, yes));
  const diagnosed = answers.flatMap((yes) => gives({ ...run, command: 'diagnose', named: [] }, yes));
  const isSame = (way: ProfilesForDiagnose) =>
    answers.every(
      (yes, index) => JSON.stringify(gives({ ...way, command: 'diagnose' }, yes)) === JSON.stringify(built[index]),
    );
  const ways = [{ ...asWritten, propagate: run.propagate }, ...built.flatMap((one) => waysTo(one, diagnosed, main))];
  const found = ways.find((way) => (run.propagate || !way.propagate) && isSame(way));
  return (
    found ??
    notTheSame(project.file, byCommand, cannotTell(questions), `, or leave it out with --profile=-${byCommand}`)
  );
}

/** How Go reads a flag that is false. */
const isOff = (flag: string | undefined) => /^(?:0|f|false)$/iu.test(flag ?? '');

const isByCommand = ({ activation }: Profile) => activation.some(({ command }) => command);

/** For files that op cannot read, or that are elsewhere: whether the texts that Skaffold has fetched say so. */
async function mayActivateByCommand(
  context: Context,
  project: Project,
  files: readonly string[],
): Promise<string | undefined> {
  const listed = await inspectProfiles(context, project);
  const paths = new Set([...files, ...listed.flatMap(({ path }) => path ?? [])]);
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text.includes('activation') && text.includes('command')) return listed.find((one) => one.path === path)?.name;
  }
  return undefined;
}

function questionsIn(configs: readonly Config[], env: SkaffoldRun['env']): readonly Question[] {
  const conditions = configs.flatMap(({ profiles }) => profiles.flatMap(({ activation }) => activation));
  const parts = (['build', 'diagnose'] as const).flatMap((command) =>
    conditions.flatMap((condition) => partsOf(condition, { command, env })),
  );
  return [...new Set(parts.filter((part) => typeof part === 'string'))];
}

const subsetsOf = (questions: readonly Question[]): readonly ReadonlySet<Question>[] =>
  questions.reduce<readonly ReadonlySet<Question>[]>(
    (sets, question) => sets.flatMap((set) => [set, new Set([...set, question])]),
    [new Set()],
  );

/** Ways that may lead to these profiles: named one by one, in this order, for all configurations or for those of the first file. */
function waysTo(
  wanted: readonly AppliedProfiles[],
  diagnosed: readonly AppliedProfiles[],
  main: string,
): readonly ProfilesForDiagnose[] {
  const active = namesOf(diagnosed);
  return [wanted, wanted.filter(({ file }) => file === main)].flatMap((part) => {
    const names = namesOf(part);
    const off = active.filter((name) => !names.includes(name)).map((name) => `-${name}`);
    const inOrder = names.flatMap((name) => (active.includes(name) ? [`-${name}`, name] : [name]));
    const missing = names.filter((name) => !active.includes(name));
    return [missing, [...off, ...missing], [...off, ...inOrder]].flatMap((named) => [
      { named, propagate: false },
      { named, propagate: true },
    ]);
  });
}

const namesOf = (applied: readonly AppliedProfiles[]) => [...new Set(applied.flatMap(({ profiles }) => profiles))];

const cannotTell = ([question]: readonly Question[]) =>
  question === undefined
    ? 'skaffold diagnose, which shows op the images, cannot be told to apply them in the same order to the same modules'
    : `op cannot tell whether ${printable(question).slice(0, 200)}`;

const notTheSame = (file: string, profile: string, why: string, or = '') =>
  inputError({
    what: `op cannot tell which profiles skaffold build applies in ${file}`,
    why: `the profile ${profile} is activated by command, and ${why}`,
    hint: `activate ${profile} by a variable instead, such as env: CI=true${or}`,
  });
