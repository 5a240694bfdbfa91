/** The Roles of dist/optional/environment.yaml and the policy of dist/optional/flux-policy.yaml, tested with a real API server. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apply, kubectl, projectRoot } from './command.js';
import { createNamespace, removeNamespace } from './namespace.js';

const account = 'octopipeline-watch';
const ofItems = 'octopipeline-release-item';
const request = 'reconcile.fluxcd.io/requestedAt';
let namespace: string;

const flux = `
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: fleet
  labels: { team: shop }
  annotations: { kept: "yes" }
spec: { interval: 1h, url: "https://git.example.com/fleet.git", suspend: true }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: ${account} }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: ${ofItems} }
`;

const manifest = (name: string) => readFile(join(projectRoot, 'dist/optional', name), 'utf8');

beforeAll(async () => {
  namespace = await createNamespace('flux-policy');
  await apply(flux, namespace);
  await apply(await manifest('environment.yaml'), namespace);
  await apply(await manifest('flux-policy.yaml'), namespace);
});
afterAll(() => removeNamespace(namespace));

/** Gives the account this Role and no other. */
async function bind(role: string, to = account): Promise<void> {
  const here = `--namespace=${namespace}`;
  await kubectl(['delete', 'rolebinding', 'watch', '--ignore-not-found', here]);
  await kubectl(['create', 'rolebinding', 'watch', `--role=${role}`, `--serviceaccount=${namespace}:${to}`, here]);
}

const as = (name = account) => `--as=system:serviceaccount:${namespace}:${name}`;

/** Patches the GitRepository as an account. @returns what the API server refused, or nothing */
async function patch(change: object, name = account): Promise<string> {
  const args = ['patch', 'gitrepository', 'fleet', '--type=merge', `--patch=${JSON.stringify(change)}`];
  return kubectl([...args, `--namespace=${namespace}`, as(name)]).then(
    () => '',
    (error: Error) => error.message,
  );
}

const can = (verb: string, resource: string) =>
  kubectl(['auth', 'can-i', verb, resource, `--namespace=${namespace}`, as()]).then(
    () => true,
    () => false,
  );

describe('an account of a Pipeline', () => {
  test('may ask Flux to reconcile, and change nothing else', async () => {
    await bind('octopipeline-environment');
    // The policy takes effect a moment after it is applied; until then each attempt succeeds, so the next one must differ.
    let attempt = 0;
    await expect
      .poll(() => patch({ spec: { url: `https://evil.example.com/${attempt++}.git` } }), {
        timeout: 60_000,
        interval: 500,
      })
      .toContain('this account may not change the spec of Flux objects');
    expect(await patch({ metadata: { annotations: { [request]: 'now' } } })).toBe('');
    expect(await patch({ metadata: { annotations: { [request]: 'later' } } })).toBe('');
    expect(await patch({ metadata: { annotations: { [request]: null } } })).toBe('');
    const only = 'the only annotation that this account may change is';
    expect(await patch({ metadata: { annotations: { kept: 'no' } } })).toContain(only);
    expect(await patch({ metadata: { annotations: { kept: null } } })).toContain(only);
    expect(await patch({ metadata: { annotations: { more: 'yes' } } })).toContain(only);
    expect(await patch({ metadata: { labels: { team: 'other' } } })).toContain('may not change the labels');
    expect(await patch({ metadata: { labels: null } })).toContain('may not change the labels');
    // The exception is for the annotation of that name only.
    expect(await patch({ metadata: { labels: { [request]: 'now' } } })).toContain('may not change the labels');
    expect(await patch({ metadata: { finalizers: ['example.com/stuck'] } })).toContain('may not change finalizers');
  });

  test('may patch nothing as an observer', async () => {
    await bind('octopipeline-environment-observer');
    expect(await can('get', 'gitrepositories.source.toolkit.fluxcd.io')).toBe(true);
    expect(await can('update', 'leases.coordination.k8s.io')).toBe(true);
    expect(await patch({ metadata: { annotations: { [request]: 'now' } } })).toContain('forbidden');
  });

  test('may access no Lease and no workload in a namespace of sources', async () => {
    await bind('octopipeline-flux-sources');
    expect(await patch({ metadata: { annotations: { [request]: 'now' } } })).toBe('');
    for (const resource of ['leases.coordination.k8s.io', 'pods', 'deployments.apps', 'secrets']) {
      for (const verb of ['get', 'update'])
        expect([resource, verb, await can(verb, resource)]).toEqual([resource, verb, false]);
    }
  });
});

test('the account of items of releases, with which code of a repository runs, may change nothing else either', async () => {
  await bind('octopipeline-environment', ofItems);
  await expect
    .poll(() => patch({ metadata: { annotations: { [request]: `${Date.now()}` } } }, ofItems), { timeout: 60_000 })
    .toBe('');
  expect(await patch({ spec: { url: 'https://evil.example.com/item.git' } }, ofItems)).toContain(
    'this account may not change the spec of Flux objects',
  );
});

test('the policy leaves other accounts alone', async () => {
  const args = ['patch', 'gitrepository', 'fleet', '--type=merge', `--patch={"spec":{"interval":"2h"}}`];
  await kubectl([...args, `--namespace=${namespace}`]);
});
