import type { Context } from '../../context.js';
import { explainPhase } from './explain.js';
import { inside } from './inside.js';
import type { PlatformApi } from './platform-api.js';
import type { Invocation, Workshop } from './workshop.js';

/** What the phases of one build have in common. */
export interface Build {
  readonly context: Context;
  readonly workshop: Workshop;
  readonly api: PlatformApi;
  /** The image, for messages. */
  readonly image: string;
  /** The reference that is pushed. */
  readonly target: string;
  readonly insecure: readonly string[];
  readonly onLine: (line: string) => void;
}

/** Of what a phase prints, so many lines are kept for the message of its failure. */
const linesKept = 400;

/** Runs a phase of op's own lifecycle, which may read and write the registry. @throws OpError for a phase that fails */
export function runConnected(build: Build, phase: 'analyze' | 'restore' | 'export', args: readonly string[]) {
  const identity = [`-uid=${build.workshop.user}`, `-gid=${build.workshop.group}`];
  const env = {
    ...withoutOutcome(build.context.env),
    ...common(build),
    CNB_INSECURE_REGISTRIES: build.insecure.join(',') || undefined,
  };
  const argv = ['lifecycle', phase, `-layers=${inside.layers}`, ...identity, ...args];
  return runPhase(build, phase, (invocation) => build.workshop.beside(build.context, { ...invocation, argv, env }));
}

/** Runs a phase of the builder's lifecycle in the builder. @throws OpError for a phase that fails */
export function runInBuilder(build: Build, phase: 'detect' | 'build', args: readonly string[]) {
  const program = `/cnb/lifecycle/${phase === 'detect' ? 'detector' : 'builder'}`;
  const directories = [
    `-app=${inside.app}`,
    `-layers=${inside.layers}`,
    `-platform=${inside.exchange}/platform`,
    `-group=${inside.layers}/group.toml`,
    `-plan=${inside.layers}/plan.toml`,
  ];
  const argv = [program, ...directories, ...args];
  const env = common(build);
  return runPhase(build, phase, (invocation) => build.workshop.inBuilder(build.context, { ...invocation, argv, env }));
}

async function runPhase(
  { onLine, ...build }: Build,
  phase: string,
  run: (invocation: Pick<Invocation, 'onLine'>) => Promise<number>,
): Promise<readonly string[]> {
  const lines: string[] = [];
  onLine(`===> ${phase}`);
  const exitCode = await run({
    onLine: (line) => {
      if (isRoutine(line)) return;
      lines.push(line);
      if (lines.length > linesKept) lines.shift();
      onLine(line);
    },
  });
  if (exitCode === 0) return lines;
  throw explainPhase(phase, exitCode, lines, {
    image: build.image,
    target: build.target,
    builder: build.workshop.builder.image,
  });
}

/** The phases measure themselves, and op says what a build took; the rest is so with every builder, or without a build cache. */
const isRoutine = (line: string) =>
  /^Timer: |^Warning: (?:Did not find SBOM lifecycle\.sbom\.|No cached data will be used)/u.test(line);

const common = ({ api, context }: Pick<Build, 'api' | 'context'>) => ({
  CNB_PLATFORM_API: api.version,
  CNB_NO_COLOR: 'true',
  CNB_LOG_LEVEL: context.debug ? 'debug' : 'info',
});

/** The lifecycle reads its settings from the environment, too: what op was started with must not decide unseen. */
const withoutOutcome = (env: Context['env']) =>
  Object.fromEntries(
    Object.keys(env)
      .filter((name) => name.startsWith('CNB_') && name !== 'CNB_REGISTRY_AUTH')
      .map((name) => [name, undefined]),
  );
