import type { PipelineDefinition, TaskDefinition } from './tekton/index.js';

/** A definition whose inputs and outputs a page describes. */
export type Documented = TaskDefinition | PipelineDefinition;

/** The page of a Task or Pipeline for `docs/reference`: its inputs and outputs, as Markdown. */
export function referencePage(definition: Documented, source: string): string {
  const { kind, name, displayName = name, description = '', params, workspaces } = definition;
  const sections = [
    `# ${displayName}\n\n${kind} \`${name}\`, from [${source}](../../${source}). This page is generated with \`dist/\`.\n\n${description}`,
    table(
      'Params',
      ['Name', 'Default', 'What'],
      Object.entries(params).map(([param, { description: what = '', default: value }]) => [
        `\`${param}\``,
        value === undefined ? 'required' : `\`${JSON.stringify(value)}\``,
        what,
      ]),
    ),
    table(
      'Workspaces',
      ['Name', 'Needed', 'What'],
      Object.entries(workspaces).map(([workspace, { description: what = '', need, kind: meant }]) => [
        `\`${workspace}\``,
        need === 'optional' ? `no (${meant})` : `yes (${meant})`,
        what,
      ]),
    ),
    table('Results', ['Name', 'What'], resultsOf(definition)),
    ...(definition.kind === 'Task' ? [stepsOf(definition)] : []),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function resultsOf(definition: Documented): string[][] {
  if (definition.kind === 'Task') {
    return Object.entries(definition.results).map(([name, { description = '' }]) => [`\`${name}\``, description]);
  }
  return Object.entries(definition.outputs).map(([name, output]) => [
    `\`${name}\``,
    'description' in output && typeof output.description === 'string' ? output.description : '',
  ]);
}

function stepsOf({ steps, sidecars, volumes }: TaskDefinition): string {
  const names = steps.map((step) => `\`${step.name}\``).join(', ');
  const beside = sidecars.map((sidecar) => `, with the sidecar \`${sidecar.name}\``).join('');
  const token = volumes.some((volume) => 'projected' in volume)
    ? ' One step mounts a short-lived Kubernetes token.'
    : ' No Kubernetes token is mounted.';
  return `## Steps\n\n${names}, one pod${beside}.${token}`;
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [`## ${title}`, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
