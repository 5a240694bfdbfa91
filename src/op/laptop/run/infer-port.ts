import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Artifact } from '../../images/skaffold/artifact.js';
import { exposedPort } from './exposed-port.js';
import { isPort } from './ports.js';

/** The port that a program listens on in its container, and what says so. */
export interface InferredPort {
  readonly port: number;
  /** For a person: `Procfile`, `EXPOSE in Dockerfile`, `default`. */
  readonly origin: string;
}

const usual = 8080;

/**
 * Finds the port in the files of an artifact's context: Procfile, project.toml (buildpacks give their programs 8080), Dockerfile,
 * nginx.conf; else it is 8080. What a Dockerfile builds is told by the Dockerfile first.
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
    named((await read('project.toml')) === undefined ? undefined : usual, 'project.toml');
  const fromNginx = async () => named(nginxPort((await read('nginx.conf')) ?? ''), 'nginx.conf');
  const places =
    builder === 'docker'
      ? [fromDockerfile, fromProcfile, fromNginx]
      : [fromProcfile, fromDescriptor, fromDockerfile, fromNginx];
  for (const place of places) {
    const found = await place();
    if (found !== undefined) return found;
  }
  return { port: usual, origin: 'default' };
}

const named = (port: number | undefined, origin: string): InferredPort | undefined =>
  port === undefined ? undefined : { port, origin };

/** `web`, else the first process: `${PORT:-3000}`, `--port 3000`, `-p 3000`. */
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
  const places = text.replace(/#.*$/gmu, '').matchAll(/(?:^|[\s{;])listen\s+([^\s;]+)/gu);
  return [...places].map(([, place = '']) => Number(/^(?:[^/]*:)?(\d+)$/u.exec(place)?.[1])).find(isPort);
}
