import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { removeTree } from '../../kit/files/remove-tree.js';
import { explainPhase } from './explain-phase.js';
import type { Invocation, PhaseRunner } from './sandbox/phase-runner.js';
import { phasePaths } from './sandbox/phase-runner.js';
import type { PlatformApi } from './specification/platform.js';

/** The settings that all phases of one build share. */
export interface LifecycleBuild {
  readonly context: Context;
  readonly runner: PhaseRunner;
  readonly api: PlatformApi;
  /** The image, for messages. */
  readonly image: string;
  /** The reference that is pushed. */
  readonly target: string;
  readonly insecure: readonly string[];
  readonly onLine: (line: string) => void;
}

/** How many lines of a phase are kept for its error message. */
const linesKept = 400;

/** What the analyzer found, such as the run image: hidden from buildpacks, because op's own phases obey it. */
const analyzed = (runner: PhaseRunner) => join(runner.private, 'analyzed.toml');

/** Runs a phase of op's own lifecycle, which may read and write the registry. @throws OpError for a phase that fails */
export function runTrustedPhase(
  build: LifecycleBuild,
  phase: 'analyze' | 'restore' | 'export',
  args: readonly string[],
) {
  const identity = [`-uid=${build.runner.user}`, `-gid=${build.runner.group}`];
  const env = {
    ...clearedSettings(build.context.env),
    ...common(build),
    CNB_INSECURE_REGISTRIES: build.insecure.join(',') || undefined,
  };
  const directories = [`-layers=${phasePaths.layers}`, `-analyzed=${analyzed(build.runner)}`];
  const argv = ['lifecycle', phase, ...directories, ...identity, ...args];
  return runPhase(build, phase, (invocation) => build.runner.runTrusted(build.context, { ...invocation, argv, env }));
}

/** Runs a phase of the builder's lifecycle in the builder. @throws OpError for a phase that fails */
export async function runBuilderPhase(build: LifecycleBuild, phase: 'detect' | 'build', args: readonly string[]) {
  const copy = join(build.runner.layers, 'analyzed.toml');
  await removeTree(build.context, copy);
  await copyFile(analyzed(build.runner), copy);
  const program = `/cnb/lifecycle/${phase === 'detect' ? 'detector' : 'builder'}`;
  const directories = [
    `-app=${phasePaths.app}`,
    `-layers=${phasePaths.layers}`,
    `-platform=${phasePaths.exchange}/platform`,
    `-group=${phasePaths.layers}/group.toml`,
    `-plan=${phasePaths.layers}/plan.toml`,
  ];
  const argv = [program, ...directories, ...args];
  const env = common(build);
  return runPhase(build, phase, (invocation) => build.runner.runInBuilder(build.context, { ...invocation, argv, env }));
}

async function runPhase(
  { onLine, ...build }: LifecycleBuild,
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
    builder: build.runner.builder.image,
  });
}

/** Timings, because op reports its own, and warnings that every builder, or every build without a cache, prints. */
const isRoutine = (line: string) =>
  /^Timer: |^Warning: (?:Did not find SBOM lifecycle\.sbom\.|No cached data will be used)/u.test(line);

const common = ({ api, context }: Pick<LifecycleBuild, 'api' | 'context'>) => ({
  CNB_PLATFORM_API: api.version,
  CNB_NO_COLOR: 'true',
  CNB_LOG_LEVEL: context.debug ? 'debug' : 'info',
});

/** The lifecycle also reads settings from the environment: those that op was started with must not change a build silently. */
const clearedSettings = (env: Context['env']) =>
  Object.fromEntries(
    Object.keys(env)
      .filter((name) => name.startsWith('CNB_') && name !== 'CNB_REGISTRY_AUTH')
      .map((name) => [name, undefined]),
  );
