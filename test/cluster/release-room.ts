/** Namespaces with the catalog and two stores, a repository of releases, and op of a person who may do everything. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { releaseExample, workExample } from '../../pipelines/examples/release.js';
import { toPipelineRun } from '../../src/tekton/index.js';
import { apply, projectRoot } from './command.js';
import { hostOp } from './host-op.js';
import {
  applyDist,
  createNamespace,
  createRepository,
  createRun,
  kubectl,
  kubectlJson,
  logs,
  type Repository,
  type Run,
  removeNamespace,
  removeRepository,
  waitForRun,
} from './rig.js';

export interface ReleaseRoom {
  /** Namespace of the runs. The ServiceAccount of items may create ConfigMaps there, so that each start of a function can be seen. */
  readonly ci: string;
  /** Namespace of the state. */
  readonly state: string;
  readonly repository: Repository;
  /** Begins the Pipeline `release`, or `work`. */
  readonly begin: (pipeline: 'release' | 'work', params?: Readonly<Record<string, string>>) => Promise<Run>;
  /** What a run printed, which must have succeeded. */
  readonly ended: (run: Run) => Promise<string>;
  /** Runs op with both stores. */
  readonly op: (
    ...args: readonly string[]
  ) => Promise<{ readonly exitCode: number | undefined; readonly printed: string }>;
  /** What op printed, which must have succeeded. */
  readonly person: (...args: readonly string[]) => Promise<string>;
  /** The package of a release file. */
  readonly packageOf: (file: string) => string;
  /** `op release show`. */
  readonly shown: (file: string, number: number) => Promise<ShownRelease>;
  /** What functions noted by the ConfigMaps that they made, in the order of their names, without what makes each unique. */
  readonly noted: (what: RegExp) => Promise<readonly Noted[]>;
  readonly dispose: () => Promise<void>;
}

export interface Noted {
  readonly what: string;
  /** When, in whole seconds. */
  readonly at: string;
}

export interface ShownRelease {
  readonly standing: string;
  readonly runs: readonly { readonly item: string; readonly status: string; readonly ended?: string }[];
}

interface NotedObject {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string };
}

export async function releaseRoom(files: Readonly<Record<string, string>>): Promise<ReleaseRoom> {
  const [ci, state, intent, host] = await Promise.all([
    createNamespace('release'),
    createNamespace('release-state'),
    createNamespace('release-intent'),
    hostOp(),
  ]);
  await applyDist(ci);
  const roles = await readFile(join(projectRoot, 'dist/optional/releases.yaml'), 'utf8');
  for (const namespace of [state, intent]) await apply(roles, namespace);
  for (const account of ['release', 'work']) {
    const subject = `--serviceaccount=${ci}:octopipeline-${account}`;
    for (const [namespace, role] of [
      [state, 'octopipeline-release-worker'],
      [intent, 'octopipeline-release-approver'],
    ] as const) {
      await kubectl(['create', 'rolebinding', account, `--role=${role}`, subject, `--namespace=${namespace}`]);
    }
  }
  const at = `--namespace=${ci}`;
  await kubectl(['create', 'role', 'items', '--verb=create', '--resource=configmaps', at]);
  const items = `--serviceaccount=${ci}:octopipeline-release-item`;
  await kubectl(['create', 'rolebinding', 'items', '--role=items', items, at]);
  const repository = await createRepository(`release-${ci}`, files);

  const stores = [`--store=cluster:${state}`, `--intent-store=cluster:${intent}`];
  const op: ReleaseRoom['op'] = (...args) => host.run([...args, ...stores]);
  const person: ReleaseRoom['person'] = async (...args) => {
    const ran = await op(...args);
    expect(ran.exitCode, ran.printed).toBe(0);
    return ran.printed;
  };
  const packageOf: ReleaseRoom['packageOf'] = (file) =>
    `${repository.url.replace(/^http:\/\/|\.git$/gu, '')}/-/${file}`;
  return {
    ci,
    state,
    repository,
    op,
    person,
    packageOf,
    begin: (pipeline, more = {}) => {
      const run = toPipelineRun(pipeline === 'release' ? releaseExample : workExample);
      const given = {
        url: repository.url,
        store: `cluster:${state}`,
        'intent-store': `cluster:${intent}`,
        wait: '5m',
        ...more,
      };
      const params = Object.entries(given).map(([name, value]) => ({ name, value }));
      return createRun(ci, JSON.stringify({ ...run, spec: { ...run.spec, params } }));
    },
    ended: async (run) => {
      const outcome = await waitForRun(run);
      const printed = await logs(run);
      expect(outcome, printed).toMatchObject({ succeeded: true });
      return printed;
    },
    shown: async (file, number) =>
      JSON.parse(await person('release', 'show', `${packageOf(file)}/@r${number}`, '--output=json')),
    noted: async (what) => {
      const { items } = await kubectlJson<{ items: readonly NotedObject[] }>([
        'get',
        'configmaps',
        `--namespace=${ci}`,
      ]);
      return items.flatMap(({ metadata: { name, creationTimestamp: at } }) => {
        const noted = name.replace(/-[0-9a-f]{6}$/u, '');
        return noted !== name && what.test(noted) ? { what: noted, at } : [];
      });
    },
    dispose: async () => {
      await host.dispose();
      for (const namespace of [ci, state, intent]) await removeNamespace(namespace);
      await removeRepository(repository);
    },
  };
}

/**
 * The processes of this machine in the pods of a namespace whose names contain `part`, and whose command contains `word`.
 * Source: proc(5); a pod's name is its HOSTNAME.
 */
export async function processesOf(
  namespace: string,
  part: string,
  word: string,
): Promise<readonly { readonly pid: number; readonly command: string }[]> {
  const { items } = await kubectlJson<{ items: readonly { metadata: { name: string } }[] }>([
    'get',
    'pods',
    `--namespace=${namespace}`,
  ]);
  const pods = items.flatMap(({ metadata: { name } }) => (name.includes(part) ? `HOSTNAME=${name}` : []));
  const found: { readonly pid: number; readonly command: string }[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/u.test(name)) continue;
    const read = (file: string) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '');
    const command = await read('cmdline');
    if (!command.includes(word)) continue;
    const variables = (await read('environ')).split('\0');
    if (pods.some((pod) => variables.includes(pod))) found.push({ pid: Number(name), command });
  }
  return found;
}
