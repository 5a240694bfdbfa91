/** Runs the cluster's own programs inside its network namespace, argv only, each with a time limit. */
import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const folder = dirname(fileURLToPath(import.meta.url));

/** The project's root directory. */
export const projectRoot = join(folder, '../..');

/** Where the running cluster is; written by `test/cluster/up`. */
export interface Places {
  /** The network namespace, a path for `nsenter --net=`. */
  readonly network: string;
  readonly kubeconfig: string;
  /** Directory of kubectl, tkn and crane. */
  readonly programs: string;
  /** Directory that the git server serves. */
  readonly repositories: string;
  /** Directory of everything that `down` removes. */
  readonly state: string;
  /** How many persistent volumes there are. */
  readonly volumes: number;
}

/** @throws Error when the cluster is not up */
export async function places(): Promise<Places> {
  const rig = process.env.OCTOPIPELINE_RIG ?? join(projectRoot, '.rig');
  try {
    const found: Places = JSON.parse(await readFile(join(rig, 'rig.json'), 'utf8'));
    await access(found.network);
    return found;
  } catch (cause) {
    throw new Error('the test cluster is not up; do: test/cluster/up', { cause });
  }
}

/** The output of a program. Output has no trailing newline. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface CommandOptions {
  /** Standard input; none by default. */
  readonly input?: string;
  /** Milliseconds after which it is killed; 60,000 by default. */
  readonly timeout?: number;
  /** Return a failed command's output and exit code instead of throwing. */
  readonly mayFail?: boolean;
}

/**
 * Runs `program` in the cluster's network namespace, with KUBECONFIG set and the cluster's programs first on the PATH.
 * @throws ExecaError with the output, when it fails and `mayFail` is not set; always when it takes too long
 */
export async function enter(program: string, args: readonly string[], options: CommandOptions = {}): Promise<Output> {
  const { network, kubeconfig, programs } = await places();
  const { input, timeout = 60_000, mayFail = false } = options;
  const result = await execa('nsenter', [`--net=${network}`, program, ...args], {
    timeout,
    reject: false,
    env: { KUBECONFIG: kubeconfig, PATH: `${programs}:${process.env.PATH}` },
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
  });
  if (result.timedOut || result.exitCode === undefined || (result.failed && !mayFail)) {
    throw new Error(`${result.shortMessage}\n${result.stderr}\n${result.stdout}`, { cause: result });
  }
  return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode };
}

/** `kubectl ARGS`; returns its standard output. @example `await kubectl(['get', 'pods', '-n', namespace])` */
export async function kubectl(args: readonly string[], options?: CommandOptions): Promise<string> {
  return (await enter('kubectl', args, options)).stdout;
}

/** `kubectl get … -o json`, parsed. */
export async function kubectlJson<T>(args: readonly string[], options?: CommandOptions): Promise<T> {
  const value: T = JSON.parse(await kubectl([...args, '--output=json'], options));
  return value;
}

/** `tkn ARGS`; returns its standard output. */
export async function tkn(args: readonly string[], options?: CommandOptions): Promise<string> {
  return (await enter('tkn', args, options)).stdout;
}

/** `crane ARGS`; returns its standard output. */
export async function crane(args: readonly string[], options?: CommandOptions): Promise<string> {
  return (await enter('crane', args, options)).stdout;
}

/** Applies manifests from text. `--namespace` only where it is given. */
export async function apply(manifests: string, namespace?: string): Promise<string> {
  const where = namespace === undefined ? [] : [`--namespace=${namespace}`];
  return kubectl(['apply', ...where, '--filename=-'], { input: manifests });
}
