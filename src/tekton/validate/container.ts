import type { Report } from '../problem.js';
import type { Value } from '../reference.js';
import { holdsReference } from '../render/env.js';
import { scriptOf } from '../render/step.js';
import { SCRIPT, type Script } from '../script/sh.js';
import type { Argument, ContainerOptions, Env, Mount } from '../step.js';
import { checkMountPath, clean } from './declare.js';
import { checkEnvName } from './names.js';
import { checkItem, checkLiteral, checkPlain, checkString, type Judge } from './strings.js';

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
  /** The defaults of the Task, if it has any. */
  readonly template?: ContainerOptions;
}

/** Checks everything that steps, sidecars and StepActions have in common. */
export function checkContainer(container: Runnable, place: Place, report: Report): void {
  checkImage(container, place, report);
  checkArguments(container.command, 'command', place.judge, report);
  checkArguments(container.args, 'args', place.judge, report);
  checkShellCode(container, report);
  checkScript(container, place.judge, report);
  checkEnv(container.env, place.judge, report);
  checkSecretEnv(container, place.template, report);
  if (container.workingDir !== undefined) checkString(container.workingDir, 'workingDir', place.strict, report);
  checkMounts(container.volumeMounts, place, report);
  checkResources(container.computeResources, report);
  checkPlain(container.securityContext, 'securityContext', report);
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
  if (typeof image === 'string' && /\s/.test(image)) report('image', `"${image}" contains white space`);
}

function checkArguments(list: readonly Argument[] | undefined, field: string, judge: Judge, report: Report): void {
  list?.forEach((argument, index) => {
    checkItem(argument, `${field}[${index}]`, judge, report);
  });
}

const shell = /(?:^|\/)(?:ba|da|k|a|z)?sh$/;

/** The code of `sh -c` is a script too: no value may be pasted into it, and Kubernetes must not change it. */
function checkShellCode(container: Runnable, report: Report): void {
  const words = [...(container.command ?? []), ...(container.args ?? [])];
  const start = words.findIndex((word) => typeof word === 'string' && shell.test(word));
  const code =
    words.findIndex((word, index) => index > start && typeof word === 'string' && /^-[a-z]*c$/.test(word)) + 1;
  if (start === -1 || code === 0) return;
  const inArgs = code - (container.command?.length ?? 0);
  const path = inArgs < 0 ? `command[${code}]` : `args[${inArgs}]`;
  const text = words[code];
  if (holdsReference(text)) report(path, 'is shell code, and a reference in it becomes code', shellHint);
  if (typeof text === 'string' && text.includes('$$')) {
    report(path, 'is shell code with "$$", which Kubernetes turns into "$"', 'write the step as script: sh`...`');
  }
}

const shellHint = 'write the step as script: sh`...`, or pass the value as an argument after the code';

/** A container runs a command or a script, never both. */
function checkScript(container: Runnable, judge: Judge, report: Report): void {
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
  if (made === undefined) checkLiteral(script, 'script', report);
  else {
    for (const { line, message, hint } of made[SCRIPT].problems) report(`script line ${line}`, message, hint);
    for (const { name, value } of made[SCRIPT].env) {
      checkString(value, 'script', judge, report);
      if (container.env?.[name] !== undefined)
        report(`env.${name}`, 'is already the name of a variable of the script', 'rename it');
    }
  }
}

function checkEnv(env: Env | undefined, judge: Judge, report: Report): void {
  for (const [name, value] of Object.entries(env ?? {})) {
    checkEnvName(name, `env.${name}`, report);
    if (typeof value === 'object' && value !== null && 'valueFrom' in value) {
      checkPlain(value.valueFrom, `env.${name}.valueFrom`, report);
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
    if (mount.subPath !== undefined) checkString(mount.subPath, `${path}.subPath`, place.strict, report);
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

const quantity = /^\d+(\.\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/;

/** Checks CPU, memory and storage quantities. */
export function checkResources(resources: unknown, report: Report): void {
  if (typeof resources !== 'object' || resources === null) return;
  for (const [kind, amounts] of Object.entries(resources)) {
    for (const [name, amount] of Object.entries(typeof amounts === 'object' && amounts !== null ? amounts : {})) {
      const path = `computeResources.${kind}.${name}`;
      if (typeof amount !== 'string' || !quantity.test(amount)) {
        report(path, `"${String(amount)}" is not a quantity`, 'write 500m, 1, 128Mi or 1Gi');
      }
    }
  }
}
