import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { exposedPorts } from '../../images/dockerfile/exposed-ports.js';
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
    const [port] = text === undefined ? [] : exposedPorts(text, {}, docker?.target);
    return named(port, `EXPOSE in ${dockerfile}`);
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
