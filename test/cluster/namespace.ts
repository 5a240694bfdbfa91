/** Namespaces of tests: Pod Security `restricted` in force, the catalog installed, removed with everything in them. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { apply, kubectl, projectRoot } from './command.js';
import { imageDigest } from './registry.js';

const levels = ['enforce', 'audit', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=restricted`);

/** Creates a namespace with Pod Security `restricted`, named `PREFIX-…`, ready for pods. */
export async function createNamespace(prefix = 'test'): Promise<string> {
  const name = `${prefix}-${randomBytes(3).toString('hex')}`;
  await makeNamespace(name);
  return name;
}

/** Creates a namespace with Pod Security `restricted`, ready for pods. */
export async function makeNamespace(name: string): Promise<void> {
  await kubectl(['create', 'namespace', name]);
  await kubectl(['label', 'namespace', name, ...levels]);
  await kubectl(['wait', '--for=create', 'serviceaccount/default', `--namespace=${name}`, '--timeout=30s']);
}

/** Deletes a namespace and makes its volumes available again. */
export async function removeNamespace(name: string): Promise<void> {
  await kubectl(['delete', 'namespace', name, '--ignore-not-found', '--timeout=110s'], { timeout: 120_000 });
  await execa(join(projectRoot, 'test/cluster/renew-volumes'), { timeout: 60_000 });
}

/**
 * Installs `dist/` into a namespace, as `kubectl apply -f dist/` does. When the image of this working tree differs from the locked one (op was
 * changed, or Debian has newer packages), its digest replaces the locked one.
 * @returns the output of kubectl
 */
export async function applyDist(namespace: string): Promise<string> {
  const files = (await readdir(join(projectRoot, 'dist'))).filter((file) => file.endsWith('.yaml')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(projectRoot, 'dist', file), 'utf8')));
  const digest = await imageDigest();
  return apply(texts.map((text) => withDigest(text, digest)).join('\n---\n'), namespace);
}

/** Replaces the digest of every reference to the octopipeline image. */
export function withDigest(manifests: string, digest: string): string {
  return manifests.replaceAll(/(ghcr\.io\/octopilot\/octopipeline:[\w.-]+)@sha256:[0-9a-f]{64}/g, `$1@${digest}`);
}
