import { octopipelineImage } from './host-image.js';
import { type Spec, type Step, withTemplate } from './task-spec.js';

type Report = (path: string, what: string, hint: string) => void;

/** Commands of op whose only use for a cluster is to keep image info, history and locks there: a local run has a directory for these. */
const withStore: readonly string[] = ['publish', 'promote-image', 'set-image', 'mirror'];

/**
 * A token for a cluster cannot be made on this machine. A volume with one is refused, but for steps of octopipeline that need no cluster
 * when the run has a store: in their volume the token is absent.
 * @param store the directory that such steps use instead
 */
export function checkTokens(spec: Spec, store: string | undefined, report: Report): void {
  for (const { path, volume } of tokensOf(spec)) {
    const users = [...spec.steps.map((step) => withTemplate(step, spec.stepTemplate)), ...(spec.sidecars ?? [])].filter(
      ({ volumeMounts = [] }) => volumeMounts.some(({ name }) => name === volume),
    );
    const [user] = users.filter((one) => store === undefined || !usesStore(one));
    if (user !== undefined) report(path, ...whyNot(commandOfOp(user)));
  }
}

/**
 * Whether a step gets the store: only op itself writes there, in a command that keeps something. Variables of the step could make op run
 * other code (NODE_OPTIONS).
 */
export const usesStore = (step: Omit<Step, 'name'>): boolean =>
  withStore.includes(commandOfOp(step) ?? '') && (step.env ?? []).length === 0 && (step.envFrom ?? []).length === 0;

/** Whether any step of the Task does. */
export const hasStoreSteps = ({ steps, stepTemplate }: Spec): boolean =>
  steps.some((step) => usesStore(withTemplate(step, stepTemplate)));

function tokensOf({ volumes = [] }: Spec): readonly { readonly path: string; readonly volume: string }[] {
  return volumes.flatMap(({ name, projected }, index) =>
    (projected?.sources ?? []).flatMap((source, at) =>
      'serviceAccountToken' in source
        ? [{ path: `spec.volumes[${index}].projected.sources[${at}].serviceAccountToken`, volume: name }]
        : [],
    ),
  );
}

/** Commands of a group whose other commands have {@link withStore}, and which ask a cluster. */
const asking: readonly string[] = ['mirror deploy'];

/** The command of op that a step of octopipeline runs; undefined for every other step. */
function commandOfOp({ image = '', script, command = [], args = [] }: Omit<Step, 'name'>): string | undefined {
  if (script || !octopipelineImage.test(image)) return undefined;
  const [program, ...words] = [...(command.length > 0 ? command : ['op']), ...args];
  if (program !== 'op' && program !== 'octopipeline') return undefined;
  return asking.find((command) => command === words.slice(0, 2).join(' ')) ?? words[0];
}

function whyNot(command: string | undefined): [string, string] {
  if (command === undefined) {
    return [
      'a token or certificate of a cluster cannot be made on this machine',
      'project a Secret that holds a token of your own',
    ];
  }
  return withStore.includes(command)
    ? [`op ${command} would write to a cluster`, 'let it write to a directory: --store=directory:PATH']
    : [`op ${command} asks a cluster, and this machine has no token for one`, 'run it on a cluster'];
}
