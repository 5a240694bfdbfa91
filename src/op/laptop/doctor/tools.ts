import type { Context } from '../../context.js';
import { findProgram } from '../../kit/process/find-program.js';
import { run } from '../../kit/process/run.js';
import type { Finding } from './finding.js';

interface Tool {
  readonly name: string;
  /** Arguments that make it print its version; empty when it cannot. */
  readonly version: readonly string[];
  /** The oldest version that has everything op uses. */
  readonly minimum: readonly [number, number];
  /** Undefined: op cannot work without it. */
  readonly onlyFor?: string;
  readonly get: string;
}

const tools: readonly Tool[] = [
  { name: 'git', version: ['--version'], minimum: [2, 38], get: 'install the package git of your distribution' },
  {
    name: 'skaffold',
    version: ['version'],
    minimum: [2, 10],
    get: 'install a release of the project GoogleContainerTools/skaffold (skaffold.dev)',
  },
  {
    name: 'crane',
    version: ['version'],
    minimum: [0, 16],
    get: 'install a release of the project google/go-containerregistry',
  },
  {
    name: 'kubectl',
    version: ['version', '--client', '--output=json'],
    minimum: [1, 28],
    onlyFor: 'commands that use Kubernetes',
    get: 'install a release of the project Kubernetes (kubernetes.io, "Install Tools")',
  },
  {
    name: 'helm',
    version: ['version', '--short'],
    minimum: [3, 14],
    onlyFor: 'op helm-test',
    get: 'install a release 3 of the project helm/helm (helm.sh): helm 4 has other flags',
  },
  {
    name: 'op-starlark',
    version: ['--version'],
    minimum: [0, 3],
    onlyFor: 'releases in Starlark (*.ocu.star)',
    get: 'build it with Go, in the directory op-starlark of the package octopipeline: go install .',
  },
  {
    name: 'ssh',
    version: ['-V'],
    minimum: [7, 6],
    onlyFor: 'op git-clone of ssh URLs',
    get: 'install the package openssh-client of your distribution',
  },
  {
    name: 'buildctl',
    version: ['--version'],
    minimum: [0, 13],
    onlyFor: 'building Dockerfiles through BuildKit',
    get: 'install a release of the project moby/buildkit',
  },
  {
    name: 'lifecycle',
    version: ['-version'],
    minimum: [0, 17],
    onlyFor: 'building buildpacks without pack',
    get: 'install a release of the project buildpacks/lifecycle',
  },
  {
    name: 'cnb-launcher',
    version: [],
    minimum: [0, 0],
    onlyFor: 'building buildpacks without pack',
    get: 'install the program launcher from a release of the project buildpacks/lifecycle, under the name cnb-launcher',
  },
  {
    name: 'bwrap',
    version: ['--version'],
    minimum: [0, 4],
    onlyFor: 'building buildpacks without pack on this machine',
    get: 'install the package bubblewrap of your distribution',
  },
  {
    name: 'openssl',
    version: ['version'],
    minimum: [1, 1],
    onlyFor: 'op start-registry --tls',
    get: 'install the package openssl of your distribution',
  },
  {
    name: 'pack',
    version: ['--version'],
    minimum: [0, 30],
    onlyFor: 'building buildpacks with a Docker daemon',
    get: 'install a release of the project buildpacks/pack (buildpacks.io)',
  },
];
const minimumNode = [20, 19] as const;

/** Looks for each program that op runs, and checks its version. */
export async function checkTools(context: Context): Promise<readonly Finding[]> {
  return [checkNode(), ...(await Promise.all(tools.map((tool) => checkTool(context, tool))))];
}

function checkNode(): Finding {
  const { version, execPath } = process;
  const found = isAtLeast(version, minimumNode);
  const detail = `${version.slice(1)} at ${execPath}${found ? '' : `, but ${minimumNode.join('.')} or newer is required`}`;
  const name = 'node';
  return found
    ? { area: 'tools', name, state: 'ok', detail }
    : { area: 'tools', name, state: 'missing', detail, hint: 'install a release of the project Node.js (nodejs.org)' };
}

async function checkTool(context: Context, { name, version, minimum, onlyFor, get }: Tool): Promise<Finding> {
  const area = 'tools';
  const state = onlyFor === undefined ? 'missing' : 'note';
  const purpose = onlyFor === undefined ? '' : `; only needed for ${onlyFor}`;
  const path = findProgram(name, context.env.PATH);
  if (path === undefined) return { area, name, state, detail: `not found on PATH${purpose}`, hint: get };
  if (version.length === 0) return { area, name, state: 'ok', detail: `at ${path}` };
  const env = { SKAFFOLD_UPDATE_CHECK: 'false', SKAFFOLD_INTERACTIVE: 'false' };
  const ended = await run(context, { program: path, args: version, env, timeout: 15_000 });
  const text = `${ended.stdout}\n${ended.stderr}`;
  const number = /\d+\.\d+(?:\.\d+)?[\w.+-]*/u.exec(/"gitVersion": *"([^"]*)"/u.exec(text)?.[1] ?? text)?.[0];
  if (ended.ended !== 'ok') {
    return { area, name, state, detail: `${path} fails to run${purpose}`, hint: get };
  }
  if (number === undefined) return { area, name, state: 'ok', detail: `at ${path}; version unknown` };
  if (isAtLeast(number, minimum)) return { area, name, state: 'ok', detail: `${number} at ${path}` };
  return {
    area,
    name,
    state,
    detail: `${number} at ${path}, but ${minimum.join('.')} or newer is required${purpose}`,
    hint: get,
  };
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [first = 0, second = 0] = (/\d+\.\d+/u.exec(version)?.[0] ?? '').split('.').map(Number);
  return first > major || (first === major && second >= minor);
}
