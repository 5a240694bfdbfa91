import { randomBytes } from 'node:crypto';
import type { Context } from '../../context.js';
import { inputError, OpError, toolError } from '../../kit/errors/op-error.js';
import { secondsBetween } from '../../kit/log/format.js';
import { type ContainerEngine, findEngine, pullMissingImage } from '../container-engine.js';
import { chooseImage } from './choose-image.js';
import { type ContainerExit, type ContainerSpec, runContainer } from './container.js';
import { parseEnvFlags, resolveEnv } from './container-env.js';
import { type Runnable, readRepository, selectRunnable, settingsFor } from './contexts.js';
import { inferPort } from './infer-port.js';
import type { ContainerRequest } from './options.js';
import { assignHostPorts, type PortPlan, planPorts } from './ports.js';
import { toVolume } from './volumes.js';

/**
 * Runs the image of a context until it ends, with the ports, variables and volumes of the run file.
 * @throws OpError (input) for an invalid configuration; (tool) when there is no engine, or it cannot run the image; with the exit code
 * of the container when that is not 0
 * @throws Interrupted after the container was stopped
 */
export async function runContext(outer: Context, request: ContainerRequest, word: string): Promise<void> {
  const { context, project, runnables, file, settings } = await readRepository(outer, request);
  const runnable = selectRunnable(runnables, word, project.file);
  const own = settingsFor(runnable, runnables, file);
  const configured = resolveEnv(context, { ...own.env, ...parseEnvFlags(request.env) }, file.name);
  const fromFlag = request.port.length > 0;
  const ports = { ports: fromFlag ? request.port : own.ports, origin: fromFlag ? '--port' : file.name };
  const plan = planPorts(ports, configured.get('PORT'), await inferPort(runnable.artifact));
  const volumes = await Promise.all(own.volumes.map((volume) => toVolume(context.cwd, volume, file.name)));
  const image = await chooseImage(context, project, runnable.artifact.image, request, file, settings);
  const engine = await findEngine(context, request.engine, `cannot run ${word}`);
  context.log.step(`running ${word}: ${image.reference} (${image.origin}) with ${engine.program}`);
  await pullMissingImage(context, engine, image.reference, pullHint(image.reference));
  const started = context.now();
  const variables = new Map([['PORT', plan.port], ...configured]);
  context.log.step(`environment: ${[...variables.keys()].join(', ')} (values are not shown)`);
  const exit = await start(context, engine, plan, {
    name: `op-run-${containerNameOf(runnable)}-${randomBytes(4).toString('hex')}`,
    image: image.reference,
    flags: volumes.map((volume) => `--volume=${volume}`),
    variables,
    tty: request.tty,
  });
  report(context, exit, engine, word, secondsBetween(started, context.now()));
}

const pullHint = (reference: string) =>
  [
    ...(/^(?:localhost|127\.0\.0\.1):/u.test(reference) ? ['if its registry is not running: op start-registry'] : []),
    'if it is not built yet: op build-push, which also writes build_result.json',
    'if it is the wrong image: select another with --tag or --default-repo',
  ].join('\n');

const containerNameOf = ({ name, artifact }: Runnable) =>
  (name === '.' ? artifact.image : name).replace(/[^a-zA-Z0-9]+/gu, '-').replace(/^-|-$/gu, '') || 'context';

/** How often op tries again with another host port when the engine finds the port taken. */
const maxAttempts = 5;

async function start(
  context: Context,
  engine: ContainerEngine,
  { mappings, origin }: PortPlan,
  container: ContainerSpec,
): Promise<ContainerExit & { readonly name: string }> {
  const taken = new Set<number>();
  for (let attempt = 1; ; attempt++) {
    const published = await assignHostPorts(mappings, taken);
    for (const { flag, url, container } of published) {
      context.log.step(`${url ?? flag} is port ${container} of the container (${origin})`);
    }
    const flags = [...published.map(({ flag }) => `--publish=${flag}`), ...container.flags];
    const exit = await runContainer(context, engine, { ...container, flags });
    const clash = isPortClash(exit);
    const chosen = published.flatMap((one) => one.chosen ?? []);
    if (!clash || chosen.length === 0 || attempt === maxAttempts) return { ...exit, name: container.name };
    for (const port of chosen) taken.add(port);
    context.log.step('the port was taken in the meantime: trying another one');
  }
}

/** Docker and podman only say it in words. */
const isPortClash = ({ ended, error }: ContainerExit) =>
  ended === 'not started' && /already (?:allocated|in use)|not available/iu.test(error);

/** Makes op exit with the container's exit code. */
class ContainerFailed extends OpError {
  readonly #exitCode: number;

  constructor(word: string, { exitCode, outOfMemory }: ContainerExit, seconds: number) {
    super('tool', {
      what: `${word} ended with exit code ${exitCode} after ${seconds} s`,
      why: outOfMemory ? 'it reached its memory limit' : 'its program returned that code',
      hint: 'see its output above; op exits with the same code',
    });
    this.#exitCode = exitCode;
  }

  override get exitCode(): number {
    return this.#exitCode;
  }
}

function report(
  { log }: Context,
  exit: ContainerExit & { readonly name: string },
  { program }: ContainerEngine,
  word: string,
  seconds: number,
): void {
  if (exit.ended === 'left running') {
    log.step(
      `${word} keeps running without op; next: ${program} attach ${exit.name}, or ${program} rm --force ${exit.name}`,
    );
  } else if (isPortClash(exit)) {
    throw inputError({
      what: `cannot run ${word}: a host port is taken`,
      why: exit.error,
      hint: 'stop the program that listens there, or choose another port with --port=HOST:CONTAINER',
    });
  } else if (exit.ended === 'not started') {
    throw toolError({
      what: `${program} cannot start ${word}`,
      why: exit.error || 'see the output above',
      hint: 'fix what it says; the image needs a program to start: a Procfile or an ENTRYPOINT',
    });
  } else if (exit.exitCode !== 0) {
    throw new ContainerFailed(word, exit, seconds);
  } else {
    log.step(`${word} ended with exit code 0 after ${seconds} s; next: op run ${word}`);
  }
}
