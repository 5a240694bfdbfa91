import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Context } from '../../context.js';
import { deadlineError, toolError } from '../../kit/errors/op-error.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { mustRun, run } from '../../kit/process/run.js';
import { sleep } from '../../kit/process/sleep.js';
import { type ContainerEngine, pullMissingImage } from '../container-engine.js';
import { hostPort, isAnswering, type RegistrySettings, registrySettings } from './registry.js';
import type { RegistryPaths } from './state-directory.js';

/** The labels of containers that op created. */
const portLabel = 'octopipeline.dev/registry';
const settingsLabel = 'octopipeline.dev/registry-settings';

/** A container that has the name of op's registry. */
export interface RegistryContainer {
  readonly name: string;
  readonly image: string;
  readonly since: string;
  readonly running: boolean;
  /** What op created it with; undefined when op did not create it. */
  readonly settings: RegistrySettings | undefined;
}

export const containerName = (port: number) => `octopipeline-registry-${port}`;

/** Where the images of a registry in a container are, for a person. */
export const imageLocation = ({ data, port }: RegistrySettings) => data ?? `the volume ${containerName(port)}`;

const inspection = v.tuple([
  v.looseObject({
    State: v.looseObject({ Running: v.boolean(), StartedAt: v.optional(v.string(), '') }),
    Config: v.looseObject({ Labels: v.nullish(v.record(v.string(), v.string())), Image: v.optional(v.string(), '') }),
  }),
]);

/** Looks for the container that has the name of op's registry on a port. */
export async function findContainer(
  context: Context,
  { program }: ContainerEngine,
  port: number,
): Promise<RegistryContainer | undefined> {
  const name = containerName(port);
  const { stdout } = await run(context, { program, args: ['container', 'inspect', name], timeout: 15_000 });
  const inspected = parseJson(inspection, stdout);
  if (inspected === undefined) return undefined;
  const [{ State: state, Config: config }] = inspected;
  const labels = config.Labels ?? {};
  const settings = parseJson(registrySettings, labels[settingsLabel] ?? '');
  const created = labels[portLabel] === `${port}`;
  return {
    name,
    image: config.Image,
    since: state.StartedAt,
    running: state.Running,
    settings: created ? settings : undefined,
  };
}

/** Where the certificate is in the container. */
const certificateDirectory = '/etc/octopipeline-registry';

/**
 * Starts a registry in a container that restarts with its engine, and waits until it answers; one that does not is removed.
 * @throws OpError (tool) with what it printed
 */
export async function startContainer(
  context: Context,
  engine: ContainerEngine,
  paths: RegistryPaths,
  settings: RegistrySettings & { readonly image: string },
): Promise<void> {
  const { program } = engine;
  const { image, listen, port, data, tls } = settings;
  const name = containerName(port);
  const otherwise = 'use a program of this machine: --engine=process';
  await pullMissingImage(context, engine, image, `name an image that can be pulled with --image, or ${otherwise}`);
  if (data !== null) await mkdir(data, { recursive: true });
  const variables = [
    'REGISTRY_HTTP_ADDR=:5000',
    'REGISTRY_STORAGE_DELETE_ENABLED=true',
    'REGISTRY_LOG_ACCESSLOG_DISABLED=true',
  ];
  if (tls !== null) {
    variables.push(`REGISTRY_HTTP_TLS_CERTIFICATE=${certificateDirectory}/tls.crt`);
    variables.push(`REGISTRY_HTTP_TLS_KEY=${certificateDirectory}/tls.key`);
  }
  const create = [
    `--name=${name}`,
    `--label=${portLabel}=${port}`,
    `--label=${settingsLabel}=${JSON.stringify(settings)}`,
    `--publish=${hostPort(listen, port)}:5000`,
    `--volume=${data ?? name}:/var/lib/registry`,
    '--restart=unless-stopped',
    ...variables.map((variable) => `--env=${variable}`),
    image,
  ];
  const hint = `fix what it says, or ${otherwise}`;
  try {
    const what = `${program} cannot create the container ${name}`;
    await mustRun(context, { program, args: ['create', ...create] }, { what, hint });
    if (tls !== null) await copyCertificate(context, program, name, paths);
    const start = { program, args: ['start', name] };
    await mustRun(context, start, { what: `${program} cannot start the container ${name}`, hint });
    await waitUntilAnswering(context, program, name, settings);
  } catch (error) {
    await removeContainer({ ...context, signal: new AbortController().signal }, engine, name);
    throw error;
  }
}

/** Copies, because an engine in a virtual machine cannot mount the files of this machine. */
async function copyCertificate(context: Context, program: string, name: string, paths: RegistryPaths): Promise<void> {
  await using directory = await makePrivateDirectory(context, 'registry');
  await copyFile(paths.certificate, join(directory.path, 'tls.crt'));
  await copyFile(paths.key, join(directory.path, 'tls.key'));
  const copy = { program, args: ['cp', directory.path, `${name}:${certificateDirectory}`] };
  const what = `${program} cannot copy the certificate into ${name}`;
  await mustRun(context, copy, { what, hint: 'start the registry without --tls' });
}

async function waitUntilAnswering(
  context: Context,
  program: string,
  name: string,
  settings: RegistrySettings,
): Promise<void> {
  const until = Date.now() + 30_000;
  while (!(await isAnswering(context, settings))) {
    const args = ['inspect', '--format={{.State.Running}} {{.RestartCount}}', name];
    const ended = (await run(context, { program, args })).stdout.trim() !== 'true 0';
    if (!ended && Date.now() < until) {
      await sleep(context, 100);
      continue;
    }
    const { stdout, stderr } = await run(context, { program, args: ['logs', '--tail=8', name], timeout: 10_000 });
    const why = `${stdout}\n${stderr}`.trim() || 'it printed nothing';
    const hint = 'use an image of the registry of distribution/distribution, which listens on port 5000, with --image';
    if (ended) throw toolError({ what: `the registry in ${name} ended`, why, hint });
    throw deadlineError({ what: `the registry in ${name} does not answer`, why, hint });
  }
}

/** Stops a container and removes it; its volume stays. */
export async function removeContainer(context: Context, { program }: ContainerEngine, name: string): Promise<void> {
  await run(context, { program, args: ['stop', '-t', '10', name] });
  const ended = await run(context, { program, args: ['rm', '--force', name] });
  if (ended.ended === 'ok' || /no such container/iu.test(ended.stderr)) return;
  throw toolError({
    what: `${program} cannot remove the container ${name}`,
    why: ended.stderr || 'it printed no reason',
    hint: `try it yourself: ${program} rm --force ${name}`,
  });
}
