import { fileURLToPath } from 'node:url';
import { execa, execaSync } from 'execa';
import { toYaml } from '../src/tekton/index.js';
import { took } from './measure.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const command = `${root}test/cluster/kubectl`;

/** Why nothing can be measured on the test cluster, if it is not up. */
export function noCluster(): string | undefined {
  const answer = execaSync(command, ['get', 'namespace', 'octopipeline-sample'], { reject: false });
  return answer.exitCode === 0 ? undefined : 'the test cluster is not up: test/cluster/up';
}

export async function kubectl(args: readonly string[], input = ''): Promise<string> {
  return (await execa(command, args, { input })).stdout;
}

/** A namespace of the test cluster; disposing of it removes it. */
export async function createNamespace(name: string): Promise<AsyncDisposable> {
  await kubectl(['create', 'namespace', name]);
  return {
    [Symbol.asyncDispose]: async () => void (await kubectl(['delete', 'namespace', name, '--wait=true'])),
  };
}

/**
 * Creates a PipelineRun or a TaskRun and waits for its end.
 * @returns the milliseconds that it took
 * @throws Error with Tekton's own message and the logs when the run fails
 */
export async function succeed(namespace: string, run: object): Promise<number> {
  let name = '';
  const milliseconds = await took(async () => {
    name = await kubectl(['create', '-n', namespace, '-o', 'name', '-f', '-'], toYaml(run));
    await kubectl(['wait', '-n', namespace, name, '--for=jsonpath={.status.completionTime}', '--timeout=10m']);
  });
  const condition = '{.status.conditions[0].status} {.status.conditions[0].message}';
  const outcome = await kubectl(['get', '-n', namespace, name, '-o', `jsonpath=${condition}`]);
  if (outcome.startsWith('True ')) return milliseconds;
  const [kind = '', own = ''] = name.split('.tekton.dev/');
  const logs = await execa(`${root}test/cluster/tkn`, [kind, 'logs', '-n', namespace, own]);
  throw new Error(`${name} did not succeed: ${outcome}\n${logs.stdout}`);
}
