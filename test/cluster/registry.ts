/** Reads the cluster's registries. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crane, projectRoot } from './command.js';

/** The anonymous registry, for programs on this machine and for containerd. */
export const registry = 'localhost:5000';

/** The same registry for pods: by the node's address, and by its Service. */
export const registryForPods = '172.30.0.1:5000';
export const registryService = 'registry.octopipeline-sample.svc.cluster.local:5000';

/** The registry that requires a password, for this machine and for pods. */
export const privateRegistry = 'localhost:5001';
export const privateRegistryForPods = '172.30.0.1:5001';
export const privateRegistryService = 'registry-private.octopipeline-sample.svc.cluster.local:5000';
export const credentials = { username: 'robot', password: 'robot-password' } as const;

/** A Docker configuration with the password for each host. @example for a Secret: `stringData: {config.json: …}` */
export function dockerConfig(hosts: readonly string[] = [privateRegistryForPods]): string {
  const auth = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
  return JSON.stringify({ auths: Object.fromEntries(hosts.map((host) => [host, { auth }])) });
}

/** Digest of a reference, `sha256:…`, or undefined when the registry does not have it. */
export async function digest(reference: string): Promise<string | undefined> {
  const output = await crane(['digest', reference], { mayFail: true });
  return output === '' ? undefined : output;
}

/** Digest of the octopipeline image that `up` or `push-image` put into the registry. */
export async function imageDigest(): Promise<string> {
  const { version }: { version: string } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8'));
  return crane(['digest', `${registry}/octopilot/octopipeline:${version}`]);
}

/** The reference to the octopipeline image for pods. */
export async function imageReference(): Promise<string> {
  const { version }: { version: string } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8'));
  return `ghcr.io/octopilot/octopipeline:${version}@${await imageDigest()}`;
}
