import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Artifact } from '../../images/skaffold/artifact.js';

/** Whether it is a TCP port number. */
export const isPort = (number: number | undefined): number is number =>
  number !== undefined && Number.isInteger(number) && number > 0 && number < 65536;

/** The port that a program listens on in its container, and where op found it. */
export interface InferredPort {
  readonly port: number;
  /** For a person: `Procfile`, `EXPOSE in Dockerfile`, `default`. */
  readonly origin: string;
}

const defaultPort = 8080;

/**
 * Finds the port in the files of an artifact's context: Procfile, project.toml (buildpacks set PORT to 8080), Dockerfile, nginx.conf;
 * otherwise it is 8080. For an image that is built from a Dockerfile, the Dockerfile comes first.
 */
export async function inferPort({ builder, context, docker }: Artifact): Promise<InferredPort> {
  const read = (file: string) => readFile(resolve(context, file), 'utf8').catch(() => undefined);
  const dockerfile = docker?.dockerfile ?? 'Dockerfile';
  const fromDockerfile = async () => {
    const text = await read(dockerfile);
    return named(text === undefined ? undefined : exposedPort(text, docker?.target), `EXPOSE in ${dockerfile}`);
  };
  const fromProcfile = async () => named(procfilePort((await read('Procfile')) ?? ''), 'Procfile');
  const fromDescriptor = async () =>
    named((await read('project.toml')) === undefined ? undefined : defaultPort, 'project.toml');
  const fromNginx = async () => named(nginxPort((await read('nginx.conf')) ?? ''), 'nginx.conf');
  const sources =
    builder === 'docker'
      ? [fromDockerfile, fromProcfile, fromNginx]
      : [fromProcfile, fromDescriptor, fromDockerfile, fromNginx];
  for (const source of sources) {
    const found = await source();
    if (found !== undefined) return found;
  }
  return { port: defaultPort, origin: 'default' };
}

const named = (port: number | undefined, origin: string): InferredPort | undefined =>
  port === undefined ? undefined : { port, origin };

/** Of `web`, else of the first process: `${PORT:-3000}`, `--port 3000`, `-p 3000`. */
export function procfilePort(text: string): number | undefined {
  const processes = text.split(/\r?\n/u).flatMap((line) => {
    const [, name, command] = /^([\w-]+):\s*(.+)$/u.exec(line.trim()) ?? [];
    return name === undefined || command === undefined ? [] : [{ name, command }];
  });
  const { command = '' } = processes.find(({ name }) => name === 'web') ?? processes[0] ?? {};
  const forms = [/\$\{PORT:-(\d+)\}/u, /(?:^|\s)--port[= ]\s*(\d+)(?=\s|$)/u, /(?:^|\s)-p[= ]?\s*(\d+)(?=\s|$)/u];
  return forms.map((form) => Number(form.exec(command)?.[1])).find(isPort);
}

/** Source: nginx, ngx_http_core_module, "listen". */
export function nginxPort(text: string): number | undefined {
  const listens = text.replace(/#.*$/gmu, '').matchAll(/(?:^|[\s{;])listen\s+([^\s;]+)/gu);
  return [...listens].map(([, address = '']) => Number(/^(?:[^/]*:)?(\d+)$/u.exec(address)?.[1])).find(isPort);
}

interface Stage {
  readonly names: readonly string[];
  readonly from: string;
  readonly exposed: number[];
}

/**
 * The first TCP port that a Dockerfile exposes in the stage that is built, or in a stage that it is based on.
 * Source: Dockerfile reference, EXPOSE; variables get their values from ARG and ENV lines above.
 */
export function exposedPort(dockerfile: string, target?: string): number | undefined {
  const stages: Stage[] = [];
  const variables = new Map<string, string>();
  for (const line of instructions(dockerfile)) {
    const [, word = '', rest = ''] = /^(\w+)\s+(.*)$/su.exec(line) ?? [];
    const instruction = word.toUpperCase();
    if (instruction === 'FROM') stages.push(toStage(fill(rest, variables), stages.length));
    if (instruction === 'ARG' || instruction === 'ENV')
      for (const [key, value] of pairs(rest)) variables.set(key, value);
    if (instruction === 'EXPOSE') stages.at(-1)?.exposed.push(...ports(fill(rest, variables)));
  }
  const found = stages.findLast(({ names }) => target === undefined || names.includes(target.toLowerCase()));
  return found && portOf(found, stages);
}

/** A stage can only be based on an earlier one: there are no cycles. */
function portOf(stage: Stage, stages: readonly Stage[]): number | undefined {
  const [own] = stage.exposed;
  if (own !== undefined) return own;
  const base = stages.slice(0, stages.indexOf(stage)).findLast(({ names }) => names.includes(stage.from));
  return base && portOf(base, stages);
}

/** Without comments, and with continued lines joined. */
const instructions = (dockerfile: string) =>
  dockerfile
    .split(/\r?\n/u)
    .filter((line) => !/^\s*#/u.test(line))
    .join('\n')
    .replace(/\\[ \t]*\n/gu, ' ')
    .split('\n')
    .map((line) => line.trim());

function toStage(from: string, index: number): Stage {
  const [image = '', as = '', name] = from.split(/\s+/u).filter((word) => !word.startsWith('--'));
  const named = as.toLowerCase() === 'as' && name !== undefined ? [name.toLowerCase()] : [];
  return { names: [`${index}`, ...named], from: image.toLowerCase(), exposed: [] };
}

/** `A=1 B="2"`, or the legacy form `A 1`. */
function pairs(text: string): readonly (readonly [string, string])[] {
  const [, key, value] = /^(\w+)\s+([^=]+)$/u.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return [[key, value.trim()]];
  return [...text.matchAll(/(\w+)=("[^"]*"|'[^']*'|\S*)/gu)].map(([, name = '', quoted = '']) => [
    name,
    quoted.replace(/^(["'])(.*)\1$/u, '$2'),
  ]);
}

const fill = (text: string, variables: ReadonlyMap<string, string>) =>
  text.replace(/\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))/gu, (_, braced, fallback, plain) =>
    String(variables.get(braced ?? plain) || (fallback ?? '')),
  );

const ports = (text: string) =>
  text
    .split(/\s+/u)
    .filter((word) => !/\/(?!tcp$)/iu.test(word))
    .map((word) => Number(/^\d+/u.exec(word.replace(/^["']/u, ''))?.[0]))
    .filter(isPort);
