import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import type { RunWorkspace } from '../../releases/author/tekton.js';
import type { RunTekton } from '../../releases/worker/tekton.js';

/** Runs a Task or a Pipeline of a release on this machine, as `op local start` does with a run that says all. */
export const runTekton: RunTekton = async (
  outer,
  { kind, name, documents, files, params, workspaces, timeout, directory },
) => {
  const { runForResults } = await import('../../../local/commands/start.js');
  const { localDoors } = await import('./local-doors.js');
  const { fetchLocalImage } = await import('../../laptop/local-images.js');
  await using room = await makePrivateDirectory(outer, 'release-run');
  const context = { ...outer, cwd: directory };
  const write = async (file: string, text: string) => {
    await writeFile(join(room.path, file), text);
    return join(room.path, file);
  };
  const [reference, limit] =
    kind === 'Task'
      ? [{ taskRef: { name } }, { timeout }]
      : [{ pipelineRef: { name } }, timeout === undefined ? {} : { timeouts: { pipeline: timeout } }];
  const bindings = Object.entries(workspaces);
  const run = {
    apiVersion: 'tekton.dev/v1',
    kind: `${kind}Run`,
    metadata: { generateName: `${name}-` },
    spec: {
      ...reference,
      ...limit,
      params: Object.entries(params).map(([param, value]) => ({ name: param, value })),
      workspaces: bindings.map(([workspace, what]) => ({ name: workspace, ...bindingOf(what) })),
    },
  };
  const file = await write('run.json', JSON.stringify(run));
  const given = documents === undefined ? [] : [await write('documents.yaml', documents)];
  const copies = bindings.flatMap(([workspace, what]) =>
    'directory' in what ? [`${workspace}=${what.directory}`] : [],
  );
  const registries = { insecureRegistry: [], dockerconfig: undefined };
  const request = { file: [...given, ...files], workspace: copies, param: [], labels: [], paramFile: undefined };
  return await runForResults(context, request, file, localDoors(registries), fetchLocalImage);
};

/** As a run of Tekton has it; a copy of a directory is given besides. */
function bindingOf(what: RunWorkspace): object {
  if ('claim' in what) return { persistentVolumeClaim: { claimName: what.claim } };
  if ('secret' in what) return { secret: { secretName: what.secret } };
  return 'configMap' in what ? { configMap: { name: what.configMap } } : { emptyDir: {} };
}
