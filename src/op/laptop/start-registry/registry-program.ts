import type { Context } from '../../context.js';
import { toolError } from '../../kit/errors/op-error.js';
import { findProgram } from '../../kit/process/find-program.js';
import { run } from '../../kit/process/run.js';
import { hostPort } from './answer.js';
import type { Places } from './places.js';

/** A program that is a registry. */
export interface RegistryProgram {
  readonly name: 'docker-registry' | 'registry' | 'crane';
  readonly path: string;
}

/**
 * Looks on PATH: distribution's registry, as Debian and as others call it, else crane, which has one in it.
 * @throws OpError (tool) when there is none; crane has no TLS
 */
export async function findRegistryProgram(context: Context, tls: boolean): Promise<RegistryProgram> {
  for (const name of ['docker-registry', 'registry'] as const) {
    const path = findProgram(name, context.env.PATH);
    if (path === undefined) continue;
    // Other projects have a program of that name.
    const ended = await run(context, { program: path, args: ['--version'], timeout: 10_000 });
    if (/\/distribution\b/u.test(ended.stdout)) return { name, path };
  }
  const path = findProgram('crane', context.env.PATH);
  if (path !== undefined && !tls) return { name: 'crane', path };
  throw toolError({
    what: 'there is nothing to start a registry with',
    why: `no Docker daemon is used, and ${path === undefined ? 'neither docker-registry, registry nor crane is on PATH' : 'crane, which is on PATH, has no TLS; docker-registry and registry are not there'}`,
    hint: 'start Docker, or install the package docker-registry of your distribution, or a release of the project distribution/distribution',
  });
}

/** What a registry is to do. */
export interface RegistryTask {
  readonly listen: string;
  readonly port: number;
  readonly data: string;
  readonly tls: boolean;
}

/** The arguments that make it do that. */
export function argumentsOf(
  { name }: RegistryProgram,
  places: Places,
  { listen, port, data }: RegistryTask,
): readonly string[] {
  if (name !== 'crane') return ['serve', places.config];
  return ['registry', 'serve', `--address=${hostPort(listen, port)}`, `--disk=${data}`];
}

/** The configuration of distribution's registry. Source: its documentation, "Configuring a registry"; JSON is YAML, too. */
export function configuration(
  { certificate, key }: Places,
  { listen, port, data, tls }: RegistryTask,
  secret: string,
): string {
  return JSON.stringify({
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: data }, delete: { enabled: true } },
    http: { addr: hostPort(listen, port), secret, ...(tls ? { tls: { certificate, key } } : {}) },
  });
}
