/**
 * What a Task or a Pipeline of a plan may reach on a cluster. The code of a repository writes it, and its pods run in a namespace with
 * Secrets of others.
 */

/** Its fields, by their names in lower case. */
type Fields = Readonly<Record<string, unknown>>;

/**
 * Why a Task or a Pipeline may not run; undefined when it may.
 * @param secrets the names of Secrets that it may use
 */
export function problemOfSpec(kind: 'Task' | 'Pipeline', spec: object, secrets: readonly string[]): string | undefined {
  const read = lowered(spec);
  if (read === undefined) return 'it has a field twice, in another case';
  return kind === 'Task' ? problemOfTask(read, secrets) : problemOfPipeline(read, secrets);
}

function problemOfTask(task: Fields, secrets: readonly string[]): string | undefined {
  const { volumes, steps, sidecars, steptemplate } = task;
  const containers = [...listOf(steps), ...listOf(sidecars), fieldsOf(steptemplate)];
  return first([
    ...listOf(volumes).map((volume) => problemOfVolume(volume, secrets)),
    ...containers.map((container) => problemOfContainer(container, secrets)),
  ]);
}

/** Tasks that are named without a resolver are those of the plan, or installed ones. */
function problemOfPipeline({ tasks, finally: last }: Fields, secrets: readonly string[]): string | undefined {
  return first(
    [...listOf(tasks), ...listOf(last)].map((task) => {
      const { taskspec, taskref } = task;
      if ('pipelinespec' in task || 'pipelineref' in task) return 'it has a Pipeline in a Pipeline';
      const isCustom = [taskspec, taskref].some((one) => !/^(?:tekton\.dev\/.*)?$/u.test(textIn(one, 'apiversion')));
      if (isCustom) return 'it has a custom task, which some other controller runs';
      return problemOfReference(taskref) ?? problemOfTask(fieldsOf(taskspec), secrets);
    }),
  );
}

const problemOfReference = (reference: unknown): string | undefined =>
  'resolver' in fieldsOf(reference) || 'bundle' in fieldsOf(reference)
    ? 'it fetches a Task or a step from elsewhere when it runs: give it in the files of the plan'
    : undefined;

/** Kinds of volumes that have no Secret, and nothing of a node. */
const harmless = ['emptydir', 'configmap', 'downwardapi', 'persistentvolumeclaim', 'ephemeral', 'image'];
const sources = ['serviceaccounttoken', 'configmap', 'downwardapi', 'clustertrustbundle'];

function problemOfVolume(volume: Fields, secrets: readonly string[]): string | undefined {
  const kinds = Object.keys(volume).filter((key) => key !== 'name');
  const other = kinds.find((kind) => kind !== 'secret' && kind !== 'projected' && !harmless.includes(kind));
  if (other !== undefined) return `it has a volume of the kind ${other}`;
  const projected = listOf(fieldsOf(volume.projected).sources);
  const source = projected
    .flatMap((one) => Object.keys(one))
    .find((kind) => kind !== 'secret' && !sources.includes(kind));
  if (source !== undefined) return `it has a projected volume with ${source}`;
  const own = 'secret' in volume ? [textIn(volume.secret, 'secretname')] : [];
  const parts = projected.flatMap((one) => ('secret' in one ? [textIn(one.secret, 'name')] : []));
  return problemOfSecrets([...own, ...parts], secrets);
}

/** Source: the Pod Security Standards, "Baseline". */
const capabilities =
  /^(?:AUDIT_WRITE|CHOWN|DAC_OVERRIDE|FOWNER|FSETID|KILL|MKNOD|NET_BIND_SERVICE|SETFCAP|SETGID|SETPCAP|SETUID|SYS_CHROOT)$/u;

/** Of a step, a sidecar, or the template of steps. */
function problemOfContainer(container: Fields, secrets: readonly string[]): string | undefined {
  const { env, envfrom, ref, ports, securitycontext } = container;
  const keys = listOf(env).flatMap(({ valuefrom }) => fieldsOf(valuefrom).secretkeyref ?? []);
  const all = listOf(envfrom).flatMap(({ secretref }) => secretref ?? []);
  const { privileged, procmount, windowsoptions, capabilities: wanted } = fieldsOf(securitycontext);
  const { add } = fieldsOf(wanted);
  const reachesNode =
    privileged === true ||
    (procmount !== undefined && procmount !== 'Default') ||
    fieldsOf(windowsoptions).hostprocess === true ||
    (Array.isArray(add) && add.some((one) => !capabilities.test(String(one)))) ||
    listOf(ports).some(({ hostport }) => hostport !== undefined && hostport !== 0);
  if (reachesNode) return 'a step or a sidecar reaches its node: it is privileged, or has capabilities or ports of it';
  const named = [...keys, ...all].map((one) => textIn(one, 'name'));
  return problemOfReference(ref) ?? problemOfSecrets(named, secrets);
}

/** Why Secrets may not be used; undefined when all of them may. */
export function problemOfSecrets(names: readonly string[], secrets: readonly string[]): string | undefined {
  const other = names.find((name) => !secrets.includes(name));
  return other === undefined ? undefined : `it uses the Secret ${JSON.stringify(other)}, which nobody has allowed`;
}

const first = (problems: readonly (string | undefined)[]) => problems.find((one) => one !== undefined);

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);

function textIn(value: unknown, key: string): string {
  const text = fieldsOf(value)[key];
  return typeof text === 'string' ? text : '';
}

/**
 * With all names of fields in lower case: the webhook of Tekton reads them in any case, with the long s as an s too, and writes them as they
 * should be. Params and results have names of their own, and are left out.
 * @returns undefined when two names are the same then
 */
function lowered(value: unknown): Fields | undefined {
  let isTwice = false;
  const lower = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(lower);
    if (!isFields(one)) return one;
    const entries = Object.entries(one).map(([key, part]) => [key.toUpperCase().toLowerCase(), part] as const);
    if (new Set(entries.map(([key]) => key)).size < entries.length) isTwice = true;
    return Object.fromEntries(
      entries.filter(([key]) => key !== 'params' && key !== 'results').map(([key, part]) => [key, lower(part)]),
    );
  };
  const read = fieldsOf(lower(value));
  return isTwice ? undefined : read;
}
