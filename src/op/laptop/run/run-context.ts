import { randomBytes } from 'node:crypto';
import type { Context } from '../../context.js';
import { inputError, OpError, toolError } from '../../kit/errors/op-error.js';
import { secondsBetween } from '../../kit/log/seconds.js';
import { chooseImage } from './choose-image.js';
import { type ContainerEnd, type Foreground, runContainer } from './container.js';
import { type Runnable, selectRunnable, settingsFor } from './contexts.js';
import { type Engine, findEngine } from './engine.js';
import { ensureImage } from './ensure-image.js';
import { parseVariables, resolveVariables } from './environment.js';
import { inferPort } from './infer-port.js';
import type { ContainerRequest } from './options.js';
import { type Prepared, prepareRun } from './prepare.js';
import { type PortPlan, planPorts, publish } from './publish-ports.js';
import { toVolume } from './volumes.js';

/**
 * Runs the image of a context until it ends, with the ports, variables and volumes of the run file.
 * @throws OpError (input) for what is configured wrongly; (tool) when there is no engine, or it cannot run the image; with the exit
 * code of the container when that is not 0
 * @throws Interrupted after the container was stopped
 */
export async function runContext(outer: Context, request: ContainerRequest, word: string): Promise<void> {
  const ready = await prepareRun(outer, request);
  const { context, project, runnables, file, settings } = ready;
  const runnable = selectRunnable(runnables, word, project.file);
  const own = settingsFor(runnable, runnables, file);
  const given = resolveVariables(context, { ...own.env, ...parseVariables(request.env) }, file.name);
  const fromFlag = request.port.length > 0;
  const ports = { ports: fromFlag ? request.port : own.ports, origin: fromFlag ? '--port' : file.name };
  const plan = planPorts(ports, given.get('PORT'), await inferPort(runnable.artifact));
  const volumes = await Promise.all(own.volumes.map((volume) => toVolume(context.cwd, volume, file.name)));
  const image = await chooseImage(context, project, runnable.artifact.image, request, file, settings);
  const engine = await findEngine(context, request.engine, `cannot run ${word}`);
  context.log.step(`run ${word}: ${image.reference} (${image.origin}) with ${engine.program}`);
  await ensureImage(context, engine, image.reference, howToGet(image.reference));
  const started = context.now();
  const variables = new Map([['PORT', plan.port], ...given]);
  context.log.step(`environment: ${[...variables.keys()].join(', ')} (values are not shown)`);
  const end = await start(ready, engine, plan, {
    name: `op-run-${plainName(runnable)}-${randomBytes(4).toString('hex')}`,
    image: image.reference,
    flags: volumes.map((volume) => `--volume=${volume}`),
    variables,
    tty: request.tty,
  });
  conclude(context, end, engine, word, secondsBetween(started, context.now()));
}

const howToGet = (reference: string) =>
  [
    ...(/^(?:localhost|127\.0\.0\.1):/u.test(reference) ? ['if its registry does not run: op start-registry'] : []),
    'if it is not built yet: op build-push, which also writes build_result.json',
    'if it is another one: name it with --tag or --default-repo',
  ].join('\n');

const plainName = ({ name, artifact }: Runnable) =>
  (name === '.' ? artifact.image : name).replace(/[^a-zA-Z0-9]+/gu, '-').replace(/^-|-$/gu, '') || 'context';

/** How often another host port is chosen when the engine finds the one that was free to be taken. */
const tries = 5;

async function start(
  { context }: Prepared,
  engine: Engine,
  { publications, origin }: PortPlan,
  container: Foreground,
): Promise<ContainerEnd & { readonly name: string }> {
  const taken = new Set<number>();
  for (let attempt = 1; ; attempt++) {
    const published = await publish(publications, taken);
    for (const { flag, url, container } of published) {
      context.log.step(`${url ?? flag} is port ${container} of the container (${origin})`);
    }
    const flags = [...published.map(({ flag }) => `--publish=${flag}`), ...container.flags];
    const end = await runContainer(context, engine, { ...container, flags });
    const clash = end.ended === 'not started' && /already (?:allocated|in use)|not available/iu.test(end.error);
    const chosen = published.flatMap((one) => one.chosen ?? []);
    if (!clash || chosen.length === 0 || attempt === tries) return { ...end, name: container.name };
    for (const port of chosen) taken.add(port);
    context.log.step('somebody took that port: trying another one');
  }
}

/** The exit code of op is the container's. */
class ContainerFailed extends OpError {
  readonly #exitCode: number;

  constructor(word: string, { exitCode, outOfMemory }: ContainerEnd, seconds: number) {
    super('tool', {
      what: `${word} ended with exit code ${exitCode} after ${seconds} s`,
      why: outOfMemory ? 'it used all the memory that it may have' : 'its program ended so',
      hint: 'look above for what it printed; op ends with the same exit code',
    });
    this.#exitCode = exitCode;
  }

  override get exitCode(): number {
    return this.#exitCode;
  }
}

function conclude(
  { log }: Context,
  end: ContainerEnd & { readonly name: string },
  { program }: Engine,
  word: string,
  seconds: number,
): void {
  if (end.ended === 'left running') {
    log.step(`${word} goes on without op; next: ${program} attach ${end.name}, or ${program} rm --force ${end.name}`);
  } else if (end.ended === 'not started' && /already (?:allocated|in use)|not available/iu.test(end.error)) {
    throw inputError({
      what: `cannot run ${word}: a host port is taken`,
      why: end.error,
      hint: 'end what listens there, or name another one with --port=HOST:CONTAINER',
    });
  } else if (end.ended === 'not started') {
    throw toolError({
      what: `${program} cannot start ${word}`,
      why: end.error || 'it says why above',
      hint: 'correct what it says; the image needs a program to start: a Procfile or an ENTRYPOINT',
    });
  } else if (end.exitCode !== 0) {
    throw new ContainerFailed(word, end, seconds);
  } else {
    log.step(`${word} ended with exit code 0 after ${seconds} s; next: op run ${word}`);
  }
}
