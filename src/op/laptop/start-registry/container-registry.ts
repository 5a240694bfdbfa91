import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { deadlineError, toolError } from '../../kit/errors/op-error.js';
import { withTemporaryDirectory } from '../../kit/files/temporary.js';
import { mustRun, run } from '../../kit/process/run.js';
import { sleep } from '../../kit/process/sleep.js';
import type { Engine } from '../run/engine.js';
import { ensureImage } from '../run/ensure-image.js';
import { answers, hostPort } from './answer.js';
import { type ContainerSettings, containerName, ours, settingsLabel } from './find-container.js';
import type { Places } from './places.js';

/** Where the image expects the certificate. */
const inside = '/etc/octopipeline-registry';

/**
 * Starts a registry in a container that comes back with the engine, and waits until it answers. One that does not is removed.
 * @param ca the authority's certificate, PEM
 * @throws OpError (tool) with what it printed
 */
export async function startContainer(
  context: Context,
  engine: Engine,
  places: Places,
  wanted: ContainerSettings,
  ca: string | undefined,
): Promise<void> {
  const { program } = engine;
  const { image, listen, port, data, tls } = wanted;
  const name = containerName(port);
  const hint = 'name an image that can be pulled with --image, or use a program of this machine: --engine=process';
  await ensureImage(context, engine, image, hint);
  if (data !== null) await mkdir(data, { recursive: true });
  const variables = {
    REGISTRY_HTTP_ADDR: ':5000',
    REGISTRY_STORAGE_DELETE_ENABLED: 'true',
    REGISTRY_LOG_ACCESSLOG_DISABLED: 'true',
    ...(tls === null
      ? {}
      : { REGISTRY_HTTP_TLS_CERTIFICATE: `${inside}/tls.crt`, REGISTRY_HTTP_TLS_KEY: `${inside}/tls.key` }),
  };
  const failing = (what: string) => ({
    what,
    hint: 'correct what it says, or use a program of this machine: --engine=process',
  });
  const must = (what: string, ...args: string[]) => mustRun(context, { program, args }, failing(what));
  try {
    await must(
      `${program} cannot create the container ${name}`,
      'create',
      `--name=${name}`,
      `--label=${ours}=${port}`,
      `--label=${settingsLabel}=${JSON.stringify(wanted)}`,
      `--publish=${hostPort(listen, port)}:5000`,
      `--volume=${data ?? name}:/var/lib/registry`,
      '--restart=unless-stopped',
      ...Object.entries(variables).map(([key, value]) => `--env=${key}=${value}`),
      image,
    );
    if (tls !== null) await copyCertificates(context, program, name, places);
    await must(`${program} cannot start the container ${name}`, 'start', name);
    await untilItAnswers(context, program, name, { listen, port, ca });
  } catch (error) {
    await removeContainer({ ...context, signal: new AbortController().signal }, engine, name);
    throw error;
  }
}

/** Copies reach an engine that has other files than op, as one in a virtual machine. */
async function copyCertificates(context: Context, program: string, name: string, places: Places): Promise<void> {
  const failing = {
    what: `${program} cannot copy the certificate into ${name}`,
    hint: 'start the registry without --tls',
  };
  await withTemporaryDirectory(context, 'registry', async (directory) => {
    await copyFile(places.certificate, join(directory, 'tls.crt'));
    await copyFile(places.key, join(directory, 'tls.key'));
    await mustRun(context, { program, args: ['cp', directory, `${name}:${inside}`] }, failing);
  });
}

async function untilItAnswers(
  context: Context,
  program: string,
  name: string,
  endpoint: Parameters<typeof answers>[0],
): Promise<void> {
  const until = Date.now() + 30_000;
  while (!(await answers(endpoint))) {
    const state = await run(context, {
      program,
      args: ['inspect', '--format={{.State.Running}} {{.RestartCount}}', name],
    });
    const ended = state.stdout.trim() !== 'true 0';
    if (!ended && Date.now() < until) {
      await sleep(context, 100);
      continue;
    }
    const { stdout, stderr } = await run(context, { program, args: ['logs', '--tail=8', name], timeout: 10_000 });
    const said = `${stdout}\n${stderr}`.trim() || 'it printed nothing';
    const hint = 'use an image of the registry of distribution/distribution, which listens on port 5000, with --image';
    if (ended) throw toolError({ what: `the registry in ${name} ended`, why: said, hint });
    throw deadlineError({ what: `the registry in ${name} does not answer`, why: said, hint });
  }
}

/** Stops a container and removes it; its volume stays. */
export async function removeContainer(context: Context, { program }: Engine, name: string): Promise<void> {
  await run(context, { program, args: ['stop', '-t', '10', name] });
  const ended = await run(context, { program, args: ['rm', '--force', name] });
  if (ended.ended === 'ok' || /no such container/iu.test(ended.stderr)) return;
  throw toolError({
    what: `${program} cannot remove the container ${name}`,
    why: ended.stderr || 'it does not say why',
    hint: `try it: ${program} rm --force ${name}`,
  });
}
