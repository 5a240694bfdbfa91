import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GitHost, type HostedRepository, startGitHost } from './git-host.js';
import { bundledOp, type Op, type Ran } from './run-op.js';

/** The made-up digest of the images of a tag. */
export const digestOf = (tag: string) => `sha256:${Buffer.from(tag).toString('hex').padEnd(64, '0').slice(0, 64)}`;

/** A Git server that accepts pushes, and op. */
export interface Fleet {
  readonly op: Op;
  readonly host: GitHost;
  /** A directory with a build result and environments.yaml. */
  readonly directory: string;
  /** Creates a repository with the sample manifests, or with other files. */
  readonly repository: (path: string, files?: Readonly<Record<string, string>>) => Promise<HostedRepository>;
  /** Writes a build result with web and api of a tag. @returns the flag that names it */
  readonly build: (tag: string, names?: readonly string[]) => Promise<string>;
  /** Runs `op set-image --environment=pp`. */
  readonly set: (repository: { readonly url: string }, ...flags: readonly string[]) => Promise<Ran>;
  readonly stop: () => Promise<void>;
}

/** A HelmRelease and a kustomization, formatted as people do. */
export const sample = {
  'pp/shop.yaml': `# The shop
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop,  namespace: shop}   # wide
spec:
  values:
    web:
      image: "r.io/pp/web:v1"  # set by op
    api: {repository: r.io/pp/api, tag: 'v1', digest: sha256:0}
`,
  'pp/kustomization.yaml': 'resources:\n  - shop.yaml\n  - jobs.yaml\n',
  'pp/jobs.yaml': `apiVersion: v1
kind: Pod
metadata: {name: jobs}
spec: {containers: [{name: web, image: web}, {name: api, image: api}]}
`,
  'README.md': 'fleet\n',
};

/** The field of {@link sample} with the image web. */
export const web = '--set=pp/shop.yaml:spec.values.web.image=web:reference';

/** @param tools programs that op finds on PATH */
export async function startFleet(tools: readonly string[] = ['git', 'ssh']): Promise<Fleet> {
  const [op, host] = await Promise.all([bundledOp(tools), startGitHost({ 'http.receivepack': 'true' })]);
  const directory = await mkdtemp(join(tmpdir(), 'fleet-'));
  const environments = ['dev', 'pp'].map((name) => `  - {name: ${name}, repository: r.io/${name}, component: shop}\n`);
  await writeFile(join(directory, 'environments.yaml'), `environments:\n${environments.join('')}`);
  const build: Fleet['build'] = async (tag, names = ['web', 'api']) => {
    const file = join(directory, 'builds', `${tag}-${names.length}.json`);
    const builds = names.map((imageName) => ({ imageName, tag: `r.io/dev/${imageName}:${tag}@${digestOf(tag)}` }));
    await mkdir(join(directory, 'builds'), { recursive: true });
    await writeFile(file, JSON.stringify({ builds }));
    return `--build-result=${file}`;
  };
  await build('v2');
  return {
    op,
    host,
    directory,
    build,
    repository: async (path, files = sample) => {
      const repository = await host.repository(path);
      await repository.commit('First', files);
      return repository;
    },
    set: async ({ url }, ...flags) => {
      const result = flags.some((flag) => flag.startsWith('--build-result')) ? [] : [await build('v2')];
      return op.run(directory, ['set-image', '--environment=pp', `--repository=${url}`, ...result, ...flags]);
    },
    stop: async () => {
      await Promise.all([op.dispose(), host.stop(), rm(directory, { recursive: true, force: true })]);
    },
  };
}
