import * as v from 'valibot';
import { parseJson } from '../../kit/json/parse-json.js';
import { oneLine } from '../../kit/log/printable.js';

const vertexShape = v.object({
  digest: v.optional(v.string(), ''),
  name: v.optional(v.string(), ''),
  started: v.optional(v.string()),
  completed: v.optional(v.string()),
  cached: v.optional(v.boolean(), false),
  error: v.optional(v.string(), ''),
});
const progressShape = v.object({
  id: v.optional(v.string(), ''),
  vertex: v.optional(v.string(), ''),
  current: v.optional(v.number(), 0),
  completed: v.optional(v.string()),
});
const logShape = v.object({ vertex: v.optional(v.string(), ''), data: v.nullish(v.string(), '') });

/** What buildctl reports with `--progress=rawjson`. Source: BuildKit's client/graph.go, type SolveStatus. */
const statusShape = v.object({
  vertexes: v.nullish(v.array(vertexShape), []),
  statuses: v.nullish(v.array(progressShape), []),
  logs: v.nullish(v.array(logShape), []),
  warnings: v.nullish(v.array(v.object({ short: v.nullish(v.string(), '') })), []),
});

interface Step {
  readonly name: string;
  number: number | undefined;
  started: number;
  cached: boolean;
  /** Whether layers were downloaded or unpacked: that is all the work of a `FROM`, which BuildKit never reports as cached. */
  fetched: boolean;
  error: string | undefined;
  /** The last lines that its command printed. */
  readonly lines: string[];
  /** The start of a line that is not complete yet. */
  rest: string;
}

/** A step that failed, and why. */
export interface FailedStep {
  readonly name: string;
  readonly error: string;
  readonly lines: readonly string[];
}

/** What the output of buildctl says about a build. */
export interface Progress {
  /** To call with each line. */
  readonly onLine: (line: string) => void;
  /** How many steps of the Dockerfile were needed, and how many of them were cached. */
  readonly counts: () => { readonly steps: number; readonly cached: number };
  readonly failed: () => FailedStep | undefined;
  /** Lines of buildctl that are not progress reports: its error, and the line in the Dockerfile. */
  readonly messages: () => readonly string[];
}

const linesKept = 20;
const messagesKept = 100;
/** `[2/4] RUN make`, `[builder 2/4] …`, `[linux/arm64 builder 2/4] …`: a step of the Dockerfile. */
const isOfDockerfile = (name: string) => /^\[(?:[^\]]* )?\d+\/\d+\]/u.test(name);
const isHousekeeping = (name: string) => /^\[(?:internal|auth)\]/u.test(name) || /\binternal\] load/u.test(name);

/**
 * Turns buildctl's machine-readable progress into short plain lines: `#2 [2/4] RUN make`, `#1 [1/4] FROM … (cached)`, and the output of
 * a command as `#2   text`.
 * @param hide gives a text of BuildKit without secrets: BuildKit writes the values of build arguments into the names of steps
 */
export function watchProgress(print: (line: string) => void, hide = (text: string) => text): Progress {
  const steps = new Map<string, Step>();
  const messages: string[] = [];
  const warned = new Set<string>();
  let count = 0;
  const show = (step: Step, text: string) => {
    step.number ??= ++count;
    print(`#${step.number} ${text}`);
  };
  const showOutput = (step: Step, raw: string) => {
    const line = hide(raw);
    step.lines.push(line);
    if (step.lines.length > linesKept) step.lines.shift();
    show(step, `  ${line}`);
  };
  const onVertex = (vertex: v.InferOutput<typeof vertexShape>) => {
    const { name, started, completed } = vertex;
    const step: Step = steps.get(vertex.digest) ?? {
      name: oneLine(hide(name), 120),
      number: undefined,
      started: 0,
      cached: false,
      fetched: false,
      error: undefined,
      lines: [],
      rest: '',
    };
    steps.set(vertex.digest, step);
    const isNew = step.started === 0 && started !== undefined;
    const cachedNow = vertex.cached && !step.cached;
    if (isNew) step.started = Date.parse(started);
    step.cached ||= cachedNow;
    if (completed !== undefined && step.rest !== '') {
      showOutput(step, step.rest);
      step.rest = '';
    }
    const failedNow = vertex.error !== '' && !isCancelled(vertex.error) && step.error === undefined;
    const error = hide(vertex.error);
    if (failedNow) step.error = error;
    if (isHousekeeping(step.name)) return;
    if (isNew) show(step, cachedNow ? `${step.name} (cached)` : step.name);
    else if (cachedNow) show(step, '(cached)');
    const seconds = completed === undefined ? 0 : (Date.parse(completed) - step.started) / 1000;
    if (failedNow) show(step, failureOf(step.name, error) ?? `failed after ${seconds.toFixed(1)} s`);
    else if (vertex.error !== '') show(step, `stopped after ${seconds.toFixed(1)} s`);
    else if (!vertex.cached && seconds >= 1) show(step, `done in ${seconds.toFixed(1)} s`);
  };
  const onLog = ({ vertex, data }: v.InferOutput<typeof logShape>) => {
    const step = steps.get(vertex);
    if (step === undefined) return;
    const lines = (step.rest + Buffer.from(data, 'base64').toString('utf8')).split(/\r\n|\n|\r/u);
    step.rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') showOutput(step, line);
  };
  return {
    onLine(line) {
      const status = line.startsWith('{') ? parseJson(statusShape, line) : undefined;
      if (status === undefined) {
        messages.push(hide(line));
        if (messages.length > messagesKept) messages.shift();
        return;
      }
      for (const vertex of status.vertexes) onVertex(vertex);
      for (const { id, vertex, current, completed } of status.statuses) {
        const known = steps.get(vertex);
        if (known !== undefined && /^(?:extracting )?sha256:/u.test(id)) known.fetched = true;
        const sent = completed !== undefined && id === 'transferring context:' && current > 1024;
        if (sent && known !== undefined) show(known, `sent the context: ${sizeOf(current)}`);
      }
      for (const log of status.logs) onLog(log);
      for (const { short } of status.warnings) {
        const text = hide(Buffer.from(short, 'base64').toString('utf8'));
        if (!warned.has(text)) print(`warning: ${text}`);
        warned.add(text);
      }
    },
    counts: () => {
      const done = [...steps.values()].filter(({ name, started }) => started > 0 && isOfDockerfile(name));
      return { steps: done.length, cached: done.filter(isCached).length };
    },
    failed: () => {
      for (const { name, error, lines } of steps.values()) {
        if (error !== undefined && failureOf(name, error) === undefined) return { name, error, lines };
      }
      return undefined;
    },
    messages: () => messages,
  };
}

/** The message for a cache that was not read or written, which does not fail the build; undefined for any other step. */
function failureOf(name: string, error: string): string | undefined {
  if (/^exporting cache to /u.test(name)) return `warning: the build cache cannot be written: ${oneLine(error, 300)}`;
  if (!/^importing cache manifest from /u.test(name)) return undefined;
  return /: not found$/u.test(error)
    ? 'no cache yet'
    : `warning: the build cache cannot be read: ${oneLine(error, 300)}`;
}

const isCached = ({ name, cached, fetched }: Step) => cached || (!fetched && /^\[[^\]]*\] FROM /u.test(name));

/** The error of steps that were running when another one failed. */
const isCancelled = (error: string) => /context canceled/u.test(error);

const sizeOf = (bytes: number) => (bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
