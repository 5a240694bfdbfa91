import type { Context } from '../../context.js';
import { refusedError, toolError, usageError } from '../../kit/errors/op-error.js';
import { answers, hostPort } from './answer.js';
import { removeContainer } from './container-registry.js';
import { containerName, publisherOf } from './find-container.js';
import type { Around } from './look.js';
import type { StartRequest } from './options.js';
import { ownerOf, stateOf } from './port-owner.js';

/**
 * Removes a container that has the name of op's registry: op's own, or anybody's when told to.
 * @param why it has to go, for a person
 * @throws OpError (refused) for somebody else's
 */
export async function clearContainer(
  context: Context,
  { engine, container }: Around,
  { replace }: Pick<StartRequest, 'replace'>,
  why: string,
): Promise<void> {
  if (engine === undefined || container === undefined) return;
  const { name, image, settings } = container;
  if (settings === undefined && !replace) {
    throw refusedError({
      what: `there is a container ${name} that op did not make`,
      why: `its image is ${image}, and it has no label of op's`,
      hint: `remove it (${engine.program} rm --force ${name}), or let op do so with --replace`,
    });
  }
  const kept = settings?.data ?? `the volume ${name}`;
  context.log.step(
    `replace the container ${name}: ${why}; ${settings === undefined ? 'op did not make it' : `its images stay in ${kept}`}`,
  );
  await removeContainer(context, engine, name);
}

/**
 * Sees to it that a port can be listened on; a container of somebody else that publishes it is removed when op was told to.
 * @throws OpError (tool) that names who has it, as far as that can be known; (usage) for a port that this user may not have
 */
export async function clearPort(context: Context, { engine }: Around, request: StartRequest): Promise<void> {
  const { listen, port, replace } = request;
  const state = await stateOf(listen, port);
  if (state === 'free') return;
  if (state !== 'taken') {
    throw usageError({
      what: `cannot listen on ${hostPort(listen, port)}`,
      why: state === 'denied' ? "this user may not: ports below 1024 are root's" : 'this machine has no such address',
      hint: 'choose another port with --port, or another address with --listen',
    });
  }
  const publisher = engine && (await publisherOf(context, engine, port));
  if (engine !== undefined && publisher !== undefined && replace && publisher.name !== containerName(port)) {
    context.log.step(`remove the container ${publisher.name} (image ${publisher.image}), which has port ${port}`);
    await removeContainer(context, engine, publisher.name);
    return;
  }
  const registry = await answers({ listen, port, ca: undefined });
  const free =
    publisher === undefined ? 'end it' : `${engine?.program ?? 'docker'} rm --force ${publisher.name} (or --replace)`;
  throw toolError({
    what: `port ${port} is taken`,
    why: publisher
      ? `the container ${publisher.name} (image ${publisher.image}) has it`
      : `${await ownerOf(context, listen, port)} listens there, and op did not start it`,
    hint: `${registry ? 'a registry answers there: use it as it is, or ' : ''}${free}, or choose another port with --port`,
  });
}
