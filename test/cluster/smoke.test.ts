import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createNamespace,
  createRepository,
  createRun,
  digest,
  gitService,
  imageReference,
  kubectl,
  logs,
  type Repository,
  registry,
  registryForPods,
  removeNamespace,
  removeRepository,
  waitForRun,
} from './rig.js';

describe('the test cluster', () => {
  let namespace: string;
  let repository: Repository;

  beforeAll(async () => {
    namespace = await createNamespace('smoke');
    repository = await createRepository('private/smoke', { 'README.md': 'hello\n' });
  });
  afterAll(async () => {
    await removeNamespace(namespace);
    await removeRepository(repository);
  });

  it('runs two steps of the octopipeline image on one volume in a restricted namespace', async () => {
    const run = await createRun(
      namespace,
      await taskRun([
        { name: 'version', command: ['op', 'version'] },
        { name: 'write', command: ['sh', '-c', 'id -u && echo written >$(workspaces.source.path)/file'] },
        { name: 'read', command: ['cat', '$(workspaces.source.path)/file'] },
      ]),
    );
    expect(await waitForRun(run)).toMatchObject({ succeeded: true });
    const printed = await logs(run);
    expect(printed).toMatch(/\[version\].*\d+\.\d+\.\d+/);
    expect(printed).toContain('[write] 65532');
    expect(printed).toContain('[read] written');
  });

  it('refuses a pod that is not restricted', async () => {
    const image = await imageReference();
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'root' },
      spec: { containers: [{ name: 'a', image }] },
    };
    await expect(
      kubectl(['create', `--namespace=${namespace}`, '--filename=-'], { input: JSON.stringify(pod) }),
    ).rejects.toThrow(/violates PodSecurity "restricted/);
  });

  it('serves the sample repository, and a private one only with its password', async () => {
    const run = await createRun(
      namespace,
      await taskRun([
        { name: 'public', command: ['git', 'ls-remote', `${gitService}/shop.git`, 'main'] },
        {
          name: 'private',
          command: ['sh', '-c', `GIT_TERMINAL_PROMPT=0 git ls-remote ${repository.url} main 2>&1 || echo refused`],
        },
        {
          name: 'password',
          command: ['git', 'ls-remote', repository.url.replace('//', '//robot:robot-password@'), 'main'],
        },
      ]),
    );
    expect(await waitForRun(run)).toMatchObject({ succeeded: true });
    const printed = await logs(run);
    expect(printed).toMatch(/\[public\] [0-9a-f]{40}\s+refs\/heads\/main/);
    expect(printed).toContain('[private] refused');
    expect(printed).toMatch(new RegExp(`\\[password\\] ${repository.commit}`));
  });

  it('has a registry that pods push to and this machine reads', async () => {
    const name = `smoke/${namespace}`;
    const run = await createRun(
      namespace,
      await taskRun([
        {
          name: 'push',
          command: [
            'sh',
            '-c',
            `cd /tmp && echo hi >hi && tar -cf l.tar hi && crane append --oci-empty-base -f l.tar -t ${registryForPods}/${name}:1`,
          ],
        },
      ]),
    );
    expect(await waitForRun(run)).toMatchObject({ succeeded: true });
    expect(await digest(`${registry}/${name}:1`)).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await digest(`${registry}/${name}:2`)).toBeUndefined();
  });
});

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

async function taskRun(steps: readonly Step[]): Promise<string> {
  return JSON.stringify({
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { generateName: 'smoke-' },
    spec: {
      podTemplate: {
        securityContext: { runAsNonRoot: true, fsGroup: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      },
      workspaces: [
        {
          name: 'source',
          volumeClaimTemplate: {
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '100Mi' } } },
          },
        },
      ],
      taskSpec: {
        workspaces: [{ name: 'source' }],
        volumes: [
          { name: 'home', emptyDir: {} },
          { name: 'tmp', emptyDir: {} },
        ],
        stepTemplate: {
          image: await imageReference(),
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [
            { name: 'home', mountPath: '/home/op' },
            { name: 'tmp', mountPath: '/tmp' },
          ],
        },
        steps,
      },
    },
  });
}
