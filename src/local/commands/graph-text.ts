/** A task in a drawing. */
export interface Drawn {
  readonly name: string;
  readonly needs: readonly string[];
  readonly final: boolean;
  /** What became of it in a run. */
  readonly state?: string;
}

/** Tasks that can run at the same time are in one row of the drawing: how many tasks come before, at most. */
function ranks(tasks: readonly Drawn[]): ReadonlyMap<string, number> {
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

const classes: Readonly<Record<string, string>> = {
  Succeeded: 'done',
  Failed: 'failed',
  Running: 'running',
  Skipped: 'skipped',
};

/** A flowchart for Mermaid. */
export function drawMermaid(tasks: readonly Drawn[]): string {
  const id = new Map(tasks.map(({ name }, index) => [name, `t${index}`]));
  const node = (task: Drawn) => {
    const style = task.state === undefined ? '' : `:::${classes[task.state] ?? 'failed'}`;
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
      '  classDef done fill:#d4edda,stroke:#2e7d32',
      '  classDef failed fill:#f8d7da,stroke:#c62828',
      '  classDef running fill:#fff3cd,stroke:#f9a825',
      '  classDef skipped fill:#eeeeee,stroke:#9e9e9e',
    );
  }
  return `${lines.join('\n')}\n`;
}
