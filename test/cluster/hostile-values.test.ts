import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flag, param, sh, type TaskRunDefinition, task, taskRun, toTaskRun } from '../../src/index.js';
import { gitClone } from '../../tasks/git-clone.js';
import { image } from '../../tasks/steps/image.js';
import { restricted } from '../../tasks/steps/restricted.js';
import {
  applyDist,
  createNamespace,
  createRun,
  imageDigest,
  logs,
  removeNamespace,
  waitForRun,
  withDigest,
} from './rig.js';

let namespace: string;
beforeAll(async () => {
  namespace = await createNamespace('hostile');
  await applyDist(namespace);
});
afterAll(() => removeNamespace(namespace));

const pod = {
  securityContext: { fsGroup: 65532, runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
  enableServiceLinks: false,
} as const;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Prints what arrived, once through an env entry of a script and once through an argument. */
const echo = task('echo', {
  ...restricted,
  params: { value: param.string() },
  steps: ({ params }) => [
    {
      name: 'script',
      image,
      script: sh`#!/bin/sh
printf %s ${params.value} | sha256sum | cut -d ' ' -f 1
`,
    },
    {
      name: 'argument',
      image,
      command: [
        'node',
        '-e',
        `console.log(require('crypto').createHash('sha256').update(process.argv[1].slice(8)).digest('hex'))`,
        '--',
      ],
      args: [flag('value', params.value)],
    },
  ],
});

/** A run whose param bypasses the typed core, as anyone who writes YAML can do. */
function withParam(definition: TaskRunDefinition, name: string, value: string): string {
  const wire = toTaskRun(definition);
  const params = [...(wire.spec.params ?? []).filter((given) => given.name !== name), { name, value }];
  return JSON.stringify({ ...wire, spec: { ...wire.spec, params } });
}

async function arrived(value: string): Promise<string[]> {
  const definition = taskRun({ generateName: 'echo-' }, echo, { params: { value: '' }, podTemplate: pod, embed: true });
  const run = await createRun(namespace, withDigest(withParam(definition, 'value', value), await imageDigest()));
  const outcome = await waitForRun(run);
  const log = await logs(run);
  expect(outcome, log).toMatchObject({ succeeded: true });
  return [...log.matchAll(/\b[0-9a-f]{64}\b/gu)].map(([digest]) => digest);
}

describe.concurrent('a value arrives byte for byte in a real pod, through a script and as an argument', () => {
  test.each([
    ['quotes and newlines', `it's "quoted"\n and\ttabs\r\n'; "`],
    ['shell syntax', '`id` $(id) $HOME ${PATH} ; rm -rf / | & > < * ? [a] {b} ~ ! # \\ \\\\'],
    ['references of Kubernetes', '$(HOME) $(PATH) $(V_PARAMS_VALUE) $(TOKEN) $(SHELL)'],
    ['a flag', '--upload-pack=touch /tmp/owned'],
    ['unicode', 'ünïcödé 😀 \u202e right-to-left \u0000'.replace('\u0000', '')],
    ['64 kB', `'"$(x)\n`.repeat(8192)],
  ])('%s', async (_, value) => {
    expect(await arrived(value)).toEqual([sha256(value), sha256(value)]);
  });

  test('but for the rewrites of Kubernetes and Tekton themselves, none of which reads a secret', async () => {
    expect(await arrived('a$$b')).toEqual([sha256('a$b'), sha256('a$b')]);
    expect(await arrived('$(KUBERNETES_SERVICE_PORT)')).toEqual([sha256('443'), sha256('443')]);
    expect(await arrived('$(context.task.retry-count)')).toEqual([sha256('0'), sha256('0')]);
    // A name that Tekton does not know: it refuses the run before it creates a pod.
    await expect(arrived('$(params.other)')).rejects.toThrow('non-existent variable');
  });
});

describe.concurrent('git-clone refuses what is not a URL or a revision, and runs nothing', () => {
  test.each([
    ['url', '--upload-pack=touch /source/owned'],
    ['url', 'ext::sh -c touch% /source/owned'],
    ['url', 'file:///etc'],
    ['url', 'http://git.example.com/a\n--upload-pack=x'],
    ['revision', '--upload-pack=touch /source/owned'],
    ['revision', '$(id)`id`'],
    ['refspec', '--exec=id'],
    ['subdirectory', '../../../home/op'],
    ['depth', '1; id'],
    ['submodules', 'maybe'],
  ])('%s %s', async (name, value) => {
    const url = 'http://git.octopipeline-sample.svc.cluster.local/shop.git';
    const definition = taskRun({ generateName: 'clone-' }, gitClone, {
      params: { url },
      workspaces: { source: { emptyDir: {} } },
      podTemplate: pod,
    });
    const run = await createRun(namespace, withParam(definition, name, value));
    const outcome = await waitForRun(run);
    const log = await logs(run);
    expect(outcome.succeeded, log).toBe(false);
    expect(log).toMatch(/error: [\s\S]* {2}why: [\s\S]* {2}do: {2}/u);
    expect(log).not.toContain('uid=');
  });
});
