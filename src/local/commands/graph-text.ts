/** A task in a drawing. */
export interface Drawn {
  readonly name: string;
  readonly needs: readonly string[];
  readonly final: boolean;
  /** What became of it in a run. */
  readonly state?: string;
}

/** Tasks that can run at the same time are in one row of the drawing: how many tasks come before, at most. */
export function ranks(tasks: readonly Drawn[]): ReadonlyMap<string, number> {
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const known = new Map<string, number>();
  const rank = (task: Drawn): number => {
    const found = known.get(task.name);
    if (found !== undefined) return found;
    const before = task.needs.flatMap((name) => byName.get(name) ?? []).map(rank);
    const own = before.length === 0 ? 0 : Math.max(...before) + 1;
    known.set(task.name, own);
    return own;
  };
  for (const task of tasks) rank(task);
  return known;
}

const shown = ({ name, state }: Drawn) => (state === undefined ? name : `${name} (${state})`);

/** One line for each rank; what a task waits for is after it. */
export function drawText(tasks: readonly Drawn[]): string {
  const dag = tasks.filter(({ final }) => !final);
  const known = ranks(dag);
  const height = Math.max(-1, ...known.values());
  const line = (task: Drawn) => `${shown(task)}${task.needs.length === 0 ? '' : `  <- ${task.needs.join(', ')}`}`;
  const rows: string[] = [];
  for (let rank = 0; rank <= height; rank++) {
    const row = dag.filter(({ name }) => known.get(name) === rank).map(line);
    rows.push(...row.map((text, index) => `${index === 0 ? `${rank + 1}.`.padEnd(4) : '    '}${text}`));
  }
  const last = tasks.filter(({ final }) => final);
  if (last.length > 0) rows.push('finally', ...last.map((task) => `    ${shown(task)}`));
  return `${rows.join('\n')}\n`;
}

/** Colours for the states of a task. */
const styles = {
  done: { fill: '#d4edda', stroke: '#2e7d32' },
  failed: { fill: '#f8d7da', stroke: '#c62828' },
  running: { fill: '#fff3cd', stroke: '#a66a00' },
  skipped: { fill: '#eeeeee', stroke: '#616161' },
} as const;

function styleOf(state: string): keyof typeof styles {
  if (state === 'Succeeded' || state === 'Completed') return 'done';
  if (state === 'Running' || state === 'Started') return 'running';
  return state === 'Skipped' || state === 'Pending' ? 'skipped' : 'failed';
}

/** How a task in a state looks; without one, as it is in no run. */
export const looks = (state: string | undefined) =>
  state === undefined ? { fill: '#ffffff', stroke: '#424242' } : styles[styleOf(state)];

/** A flowchart for Mermaid. */
export function drawMermaid(tasks: readonly Drawn[]): string {
  const id = new Map(tasks.map(({ name }, index) => [name, `t${index}`]));
  const node = (task: Drawn) => {
    const style = task.state === undefined ? '' : `:::${styleOf(task.state)}`;
    return `${id.get(task.name)}["${shown(task)}"]${style}`;
  };
  const dag = tasks.filter(({ final }) => !final);
  const last = tasks.filter(({ final }) => final);
  const lines = [
    'flowchart TD',
    ...dag.map((task) => `  ${node(task)}`),
    ...dag.flatMap((task) => task.needs.map((need) => `  ${id.get(need)} --> ${id.get(task.name)}`)),
  ];
  if (last.length > 0) lines.push('  subgraph finally', ...last.map((task) => `    ${node(task)}`), '  end');
  if (tasks.some(({ state }) => state !== undefined)) {
    lines.push(
      ...Object.entries(styles).map(([name, { fill, stroke }]) => `  classDef ${name} fill:${fill},stroke:${stroke}`),
    );
  }
  return `${lines.join('\n')}\n`;
}
