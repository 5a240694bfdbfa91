import { access, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClusterBuildKit, startBuildKit } from './buildkit.js';
import { builder, mirrors, pushBases, volumeOf } from './four.js';
import {
  applyDist,
  createNamespace,
  createRepository,
  createRun,
  credentials,
  kubectl,
  kubectlJson,
  logs,
  privateRegistryForPods,
  type Repository,
  registryForPods,
  removeNamespace,
  removeRepository,
  waitForRun,
} from './rig.js';
import { buildPushRun } from './sample.js';

let namespace: string;
let buildkit: ClusterBuildKit;
const repositories: Repository[] = [];

beforeAll(async () => {
  namespace = await createNamespace('engines-failures');
  [buildkit] = await Promise.all([startBuildKit(), pushBases(), applyDist(namespace)]);
  await buildkit.clientSecret(namespace);
});
afterAll(async () => {
  await removeNamespace(namespace);
  await Promise.all(repositories.map(removeRepository));
});

const config = (artifact: string) =>
  `apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n  artifacts:\n    - image: app\n      context: app\n${artifact}`;
const dockerfile = { 'skaffold.yaml': config(''), 'app/Dockerfile': 'FROM busybox:1.36\nRUN true\n' };
const buildpacks = {
  'skaffold.yaml': config(`      buildpacks: {builder: "${builder}"}\n`),
  'app/Procfile': 'web: exec busybox httpd -f\n',
};

/** The Secret of {@link foreignClient}. */
const foreign = 'foreign-client';

interface Case {
  readonly files: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly client?: string;
  /** The exit code of op; undefined when no step of it ran. */
  readonly exitCode: number | undefined;
  readonly says: readonly (string | RegExp)[];
}

/** How the run of the Task that builds ended. */
interface TaskRun {
  readonly status: {
    readonly conditions: readonly { readonly message: string }[];
    readonly steps?: readonly { readonly name: string; readonly terminated?: { readonly exitCode: number } }[];
  };
}

test.each<[string, Case]>([
  [
    'a builder image that is not there',
    {
      files: { ...buildpacks, 'skaffold.yaml': config('      buildpacks: {builder: "ghcr.io/octopilot/none:1"}\n') },
      params: { builder: 'ghcr.io/octopilot/none:1' },
      exitCode: undefined,
      says: [/ghcr\.io\/octopilot\/none:1/u],
    },
  ],
  [
    'an application that no buildpack takes',
    {
      files: { 'skaffold.yaml': buildpacks['skaffold.yaml'], 'app/main.cob': 'STOP RUN.\n' },
      exitCode: 3,
      says: ['app', 'no Procfile', 'no public/index.html'],
    },
  ],
  [
    'a buildpack that fails',
    { files: { ...buildpacks, 'app/Procfile': 'no colon here\n' }, exitCode: 4, says: ['app', 'not TYPE: COMMAND'] },
  ],
  [
    'another builder than the pod has',
    {
      files: { ...buildpacks, 'skaffold.yaml': config('      buildpacks: {builder: "ghcr.io/octopilot/other:1"}\n') },
      exitCode: 3,
      says: ['ghcr.io/octopilot/other:1', /builder=\S+\/octopilot\/other:1/u],
    },
  ],
  [
    'a Dockerfile with a syntax error',
    {
      files: { ...dockerfile, 'app/Dockerfile': 'FROM busybox:1.36\nCOPPY . /app\n' },
      exitCode: 3,
      says: ['COPPY', /Dockerfile:2|line 2/u],
    },
  ],
  [
    'a Dockerfile whose command fails',
    {
      files: { ...dockerfile, 'app/Dockerfile': 'FROM busybox:1.36\nRUN echo cannot compile && exit 7\n' },
      exitCode: 4,
      says: ['cannot compile', /\b7\b/u],
    },
  ],
  [
    'a base image that is not there',
    {
      files: { ...dockerfile, 'app/Dockerfile': 'FROM busybox:0.0\n' },
      exitCode: 4,
      says: ['busybox:0.0'],
    },
  ],
  [
    'a context that is not there',
    { files: { 'skaffold.yaml': dockerfile['skaffold.yaml'] }, exitCode: 3, says: ['app'] },
  ],
  [
    'a BuildKit that does not answer',
    {
      files: dockerfile,
      params: { 'buildkit-host': 'tcp://172.30.0.1:9' },
      exitCode: 4,
      says: ['tcp://172.30.0.1:9', 'buildkit-host'],
    },
  ],
  [
    'a client certificate that BuildKit does not know',
    { files: dockerfile, client: foreign, exitCode: 4, says: [/certificate/u] },
  ],
  ['no client certificate', { files: dockerfile, client: '', exitCode: 4, says: ['it requires TLS', 'buildkit-tls'] }],
  ...(['dockerfile', 'buildpacks'] as const).map((kind): [string, Case] => [
    `a registry that refuses the push of ${kind === 'dockerfile' ? 'a Dockerfile' : 'buildpacks'}`,
    {
      files: kind === 'dockerfile' ? dockerfile : buildpacks,
      params: { repository: `${privateRegistryForPods}/refused` },
      exitCode: 4,
      says: [privateRegistryForPods, /UNAUTHORIZED|401|credential/u],
    },
  ]),
])('%s: three lines, the exit code, and no list of images left behind', async (_, failing) => {
  if (failing.client === foreign) await foreignClient();
  const client = failing.client ?? 'buildkit-client';
  const repository = await createRepository(`failing-${repositories.length}-${namespace}`, failing.files);
  repositories.push(repository);
  const run = await createRun(
    namespace,
    buildPushRun({
      params: {
        url: repository.url,
        repository: `${registryForPods}/${namespace}`,
        builder,
        'buildkit-host': buildkit.address,
        'image-mirrors': mirrors,
        ...failing.params,
      },
      workspaces: {
        source: { volumeClaimTemplate: { storage: '1Gi' } },
        ...(client === '' ? {} : { 'buildkit-client': { secret: client } }),
      },
    }),
  );
  const outcome = await waitForRun(run, 180_000);
  const { status } = await kubectlJson<TaskRun>(['get', 'taskrun', `${run.name}-build`, `--namespace=${namespace}`]);
  expect(outcome.succeeded).toBe(false);
  const exitCode = status.steps?.find(({ name }) => name === 'build-push')?.terminated?.exitCode;
  if (failing.exitCode === undefined) {
    for (const part of failing.says) expect(status.conditions[0]?.message).toMatch(part);
    return;
  }
  const log = (await logs(run)).replaceAll(/^\[[^\]]*\] ?/gmu, '');
  const error = log.slice(log.lastIndexOf('\nerror: ') + 1);
  expect(error, log).toMatch(/^error: .+\n {2}why: .+\n(?: {7}.*\n)* {2}do: {2}.+/u);
  for (const part of failing.says) expect(error).toMatch(part);
  expect(error).not.toContain(credentials.password);
  expect(exitCode, error).toBe(failing.exitCode);
  const volume = await volumeOf(run);
  await access(join(volume, 'source/skaffold.yaml'));
  await expect(access(join(volume, 'build_result.json'))).rejects.toThrow('ENOENT');
});

/** A client certificate that BuildKit's CA has not signed. */
async function foreignClient(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'foreign-client-'));
  const made = ['-keyout', 'tls.key', '-out', 'tls.crt'];
  try {
    await execa('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...made, '-subj', '/CN=foreign'], {
      cwd: directory,
    });
    await copyFile(join(buildkit.clientCertificates, 'ca.crt'), join(directory, 'ca.crt'));
    await kubectl(['create', 'secret', 'generic', foreign, `--namespace=${namespace}`, `--from-file=${directory}`]);
  } finally {
    await rm(directory, { recursive: true });
  }
}
