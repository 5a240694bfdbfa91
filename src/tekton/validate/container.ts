import type { Report } from '../problem.js';
import { partsOf, type Value } from '../reference.js';
import { holdsReference } from '../render/env.js';
import { scriptOf } from '../render/step.js';
import { codeIn, foreignProgram } from '../script/code.js';
import { heldBy } from '../script/held.js';
import { usesOf } from '../script/interpreters.js';
import { becomesCode, SCRIPT, type Script } from '../script/sh.js';
import type { Argument, ContainerOptions, Env, Mount } from '../step.js';
import { checkMountPath, clean } from './declare.js';
import { checkFields } from './known-fields.js';
import { checkEnvName } from './names.js';
import { checkResources } from './resources.js';
import { checkSecurityContext } from './security.js';
import { checkItem, checkLiteral, checkString, type Judge } from './strings.js';
import { checkSubPath, checkVolumeSource } from './volumes.js';

/** The fields of a container that the shared checks read. */
export interface Runnable extends Omit<ContainerOptions, 'image'> {
  readonly image?: Value<'task'>;
  readonly command?: readonly Argument[];
  readonly args?: readonly Argument[];
  readonly script?: Script | string;
}

/** What is allowed where a container is defined. */
export interface Place {
  /** Which references are allowed in `env`, `command` and `args`. */
  readonly judge: Judge;
  /** Which references are allowed elsewhere; Tekton accepts results of steps only in the three above. */
  readonly strict: Judge;
  /** Which references may be the image; without it, none. */
  readonly image?: Judge;
  /** Names of the volumes that can be mounted; undefined when they are not known. */
  readonly volumes?: ReadonlySet<string>;
  /** Whether an image may be named by its tag alone. */
  readonly allowTags: boolean;
  /** The defaults of the Task, if it has any. */
  readonly template?: ContainerOptions;
}

/** Checks everything that steps, sidecars and StepActions have in common. */
export function checkContainer(container: Runnable, place: Place, report: Report): void {
  checkImage(container, place, report);
  checkArguments(container.command, 'command', place.judge, report);
  checkArguments(container.args, 'args', place.judge, report);
  checkCode(container, place, report);
  checkScript(container, place, report);
  checkEnv(container.env, place.judge, report);
  checkSecretEnv(container, place.template, report);
  if (container.workingDir !== undefined) {
    checkString(container.workingDir, 'workingDir', place.strict, report);
    if (typeof container.workingDir === 'string' && !container.workingDir.startsWith('/')) {
      report(
        'workingDir',
        `"${container.workingDir}" is not absolute`,
        'start from the path of a workspace, or from /',
      );
    }
  }
  checkMounts(container.volumeMounts, place, report);
  checkResources(container.computeResources, report);
  checkSecurityContext(container.securityContext, 'securityContext', report);
}

function checkImage(container: Runnable, place: Place, report: Report): void {
  const image: unknown = container.image ?? place.template?.image;
  if (image === undefined || image === '') {
    report('image', 'is missing', 'name an image, or set it in stepTemplate');
    return;
  }
  if (container.image === undefined) return;
  if (typeof image === 'object' && place.image !== undefined) checkString(image, 'image', place.image, report);
  else if (typeof image === 'object') {
    report(
      'image',
      'must be a literal, not a reference',
      'with an image from a param, anyone who starts the run chooses the program',
    );
  } else checkLiteral(image, 'image', report);
  if (typeof image !== 'string') return;
  if (/\s/.test(image)) report('image', `"${image}" contains white space`);
  else if (!place.allowTags && !image.includes('$(') && !/@sha256:[0-9a-f]{64}$/.test(image)) {
    report('image', `"${image}" has no digest, so what it runs can change`, digestHint);
  }
}

const digestHint = "write NAME:TAG@sha256:<64 hex digits>; or allow: ['tags']";

function checkArguments(list: readonly Argument[] | undefined, field: string, judge: Judge, report: Report): void {
  list?.forEach((argument, index) => {
    checkItem(argument, `${field}[${index}]`, judge, report);
  });
}

/** The code of `sh -c`, `python3 -c`, `sed` … is a script too: no value may be pasted into it, and Kubernetes must not change it. */
function checkCode(container: Runnable, place: Place, report: Report): void {
  const words = [...(container.command ?? []), ...(container.args ?? [])];
  const uses = usesOf(words.map(literalsOf));
  if (uses === undefined) return;
  const env = { ...place.template?.env, ...container.env };
  for (const [index, use] of uses.words) {
    const inArgs = index - (container.command?.length ?? 0);
    const path = inArgs < 0 ? `command[${index}]` : `args[${inArgs}]`;
    const word = words[index];
    const held = heldBy(word);
    if (held === 'given' || (held === 'path' && use === 'code')) {
      report(path, `is run by ${uses.program}, and a reference in it becomes code`, codeHint);
    }
    if (typeof word !== 'string' || use === 'file') continue;
    if (word.includes('$$')) {
      report(path, `is code for ${uses.program} with "$$", which Kubernetes turns into "$"`, scriptHint);
    }
    if (!uses.shell) continue;
    for (const { program, variable } of codeIn(word, (name) => heldBy(env[name]))) {
      report(path, `gives "$${variable}", which holds a reference, to ${program} as code`, codeHint);
    }
  }
}

/** What is known of a word when the Task is written. */
function literalsOf(word: Argument | undefined): string {
  if (typeof word === 'string') return word;
  return (partsOf(word) ?? []).map((part) => (typeof part === 'string' ? part : '')).join('');
}

const scriptHint = 'write the step as script: sh`...`';
const codeHint = 'pass the value as an argument after the code, or in env, and let the code read it';

/** A container runs a command or a script, never both. */
function checkScript(container: Runnable, place: Place, report: Report): void {
  const { script, command } = container;
  if (script === undefined) return;
  if (command !== undefined) report('script', 'is set together with command', 'keep one of the two');
  const made = scriptOf(script);
  if (made === undefined && typeof script !== 'string') {
    report('script', 'is neither a string nor made by sh`...`');
    return;
  }
  const body = made === undefined ? String(script) : made[SCRIPT].body;
  if (body.trim() === '') report('script', 'is empty');
  if (body.trim().startsWith('#!win')) {
    report('script', 'Windows scripts are alpha: a default Tekton install refuses them (enable-api-fields: alpha)');
  }
  const text = made === undefined ? String(script) : made[SCRIPT].text;
  const env = { ...place.template?.env, ...container.env };
  if (foreignProgram(text) === undefined) {
    for (const { line, program } of codeIn(text, (name) => heldBy(env[name]))) {
      const { message, hint } = becomesCode(program);
      report(`script line ${line}`, message, hint);
    }
  }
  if (made === undefined) checkLiteral(script, 'script', report);
  else {
    for (const { line, message, hint } of made[SCRIPT].problems) report(`script line ${line}`, message, hint);
    for (const { name, value } of made[SCRIPT].env) {
      checkString(value, 'script', place.judge, report);
      if (container.env?.[name] !== undefined)
        report(`env.${name}`, 'is already the name of a variable of the script', 'rename it');
    }
  }
}

function checkEnv(env: Env | undefined, judge: Judge, report: Report): void {
  for (const [name, value] of Object.entries(env ?? {})) {
    checkEnvName(name, `env.${name}`, report);
    if (typeof value === 'object' && value !== null && 'valueFrom' in value) {
      checkVolumeSource(value.valueFrom, 'core/v1.EnvVarSource', `env.${name}.valueFrom`, report);
    } else checkString(value, `env.${name}`, judge, report);
  }
}

/**
 * Kubernetes expands `$(NAME)` in values, command and args, so a param that holds `$(TOKEN)` would read the variable
 * TOKEN. Secrets are files; a step without any reference may still read one from a variable.
 */
function checkSecretEnv(container: Runnable, template: ContainerOptions | undefined, report: Report): void {
  const env = { ...template?.env, ...container.env };
  const secrets = Object.entries(env).filter(([, value]) => isSecret(value));
  if (secrets.length === 0) return;
  const script = scriptOf(container.script);
  const used = [
    ...(container.command ?? []),
    ...(container.args ?? []),
    ...Object.values(env),
    ...(script === undefined ? [] : script[SCRIPT].env.map(({ value }) => value)),
  ].some(holdsReference);
  if (!used) return;
  for (const [name] of secrets) {
    report(`env.${name}`, 'puts a Secret into the environment of a step that uses references', secretHint);
  }
}

const secretHint =
  'a value such as $(NAME) in a param would read it; bind the Secret as workspace.secret() and read the file';

/** Whether a variable comes from a Secret. */
export function isSecret(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('valueFrom' in value)) return false;
  const { valueFrom } = value;
  return typeof valueFrom === 'object' && valueFrom !== null && 'secretKeyRef' in valueFrom;
}

function checkMounts(mounts: readonly Mount[] | undefined, place: Place, report: Report): void {
  const paths = new Set<string>();
  mounts?.forEach((mount, index) => {
    const path = `volumeMounts[${index}]`;
    const inside: Report = (field, message, hint) => report(`${path}.${field}`, message, hint);
    checkFields(mount, 'mount', path, report);
    checkString(mount.name, `${path}.name`, place.strict, report);
    if (typeof mount.name === 'string') checkVolumeName(mount.name, place.volumes, inside);
    checkString(mount.mountPath, `${path}.mountPath`, place.strict, report);
    if (typeof mount.mountPath === 'string') {
      checkMountPath(mount.mountPath, `${path}.mountPath`, (at, message, hint) => {
        if (!message.startsWith('contains the literal')) report(at, message, hint);
      });
      if (paths.has(clean(mount.mountPath))) inside('mountPath', `"${mount.mountPath}" is mounted twice`);
      paths.add(clean(mount.mountPath));
    }
    if (mount.subPath !== undefined) {
      checkString(mount.subPath, `${path}.subPath`, place.strict, report);
      checkSubPath(mount.subPath, `${path}.subPath`, report);
    }
  });
}

function checkVolumeName(name: string, volumes: ReadonlySet<string> | undefined, report: Report): void {
  if (name.startsWith('tekton-internal-')) report('name', `"${name}" is reserved by Tekton`, 'choose another name');
  else if (volumes !== undefined && !volumes.has(name)) {
    const known = [...volumes];
    report(
      'name',
      `"${name}" is not a volume of the Task`,
      known.length === 0 ? 'declare it in volumes' : `it has: ${known.join(', ')}`,
    );
  }
}
