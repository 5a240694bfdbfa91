import * as v from 'valibot';
import type { Context } from '../../context.js';
import { run } from '../../kit/process/run.js';
import type { Engine } from '../run/engine.js';

/** The labels of op's containers. */
export const ours = 'octopipeline.dev/registry';
export const settingsLabel = 'octopipeline.dev/registry-settings';

const settings = v.object({
  image: v.string(),
  listen: v.string(),
  port: v.number(),
  /** A directory of this machine; null: a volume of the engine. */
  data: v.nullable(v.string()),
  /** SHA-256 of the certificate; null without TLS. */
  tls: v.nullable(v.string()),
});
/** What a container of op was made for. */
export type ContainerSettings = v.InferOutput<typeof settings>;

const inspected = v.tuple([
  v.looseObject({
    Id: v.string(),
    State: v.looseObject({ Running: v.boolean(), StartedAt: v.optional(v.string(), '') }),
    Config: v.looseObject({ Labels: v.nullish(v.record(v.string(), v.string())), Image: v.optional(v.string(), '') }),
  }),
]);

/** A container that has the name of op's registry. */
export interface FoundContainer {
  readonly name: string;
  readonly image: string;
  readonly running: boolean;
  readonly since: string;
  /** What op made it for; undefined when op did not make it. */
  readonly settings: ContainerSettings | undefined;
}

export const containerName = (port: number) => `octopipeline-registry-${port}`;

/** Looks for the container of a port. */
export async function findContainer(
  context: Context,
  { program }: Engine,
  port: number,
): Promise<FoundContainer | undefined> {
  const name = containerName(port);
  const ended = await run(context, { program, args: ['container', 'inspect', name], timeout: 15_000 });
  const read = v.safeParse(inspected, parse(ended.stdout));
  if (ended.ended !== 'ok' || !read.success) return undefined;
  const [{ State: state, Config: config }] = read.output;
  const labels = config.Labels ?? {};
  const made = v.safeParse(settings, parse(labels[settingsLabel] ?? ''));
  return {
    name,
    image: config.Image,
    running: state.Running,
    since: state.StartedAt,
    settings: labels[ours] === `${port}` && made.success ? made.output : undefined,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The container that publishes a port. */
export async function publisherOf(
  context: Context,
  { program }: Engine,
  port: number,
): Promise<{ readonly name: string; readonly image: string } | undefined> {
  const args = ['ps', `--filter=publish=${port}`, '--format={{.Names}} {{.Image}}'];
  const ended = await run(context, { program, args, timeout: 15_000 });
  const [name, image] = ended.ended === 'ok' ? (ended.stdout.split('\n')[0] ?? '').split(' ') : [];
  return name && image ? { name, image } : undefined;
}
