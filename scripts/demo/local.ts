import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { type GitHost, startGitHost } from '../../test/op/git-host.js';
import { bundle, bundlePath } from '../bundle.js';
import { openTerminal, type Terminal } from './terminal.js';
import { getTools } from './tools.js';

/** Everything that the demo makes, but for the tools: in the working copy, where Git ignores it. */
const folder = '.demo';
const state = `--state=${folder}`;
const files = { running: join(folder, 'running.json'), environments: join(folder, 'environments') };

/**
 * The Pipeline `build-push` and the Task `promote-image` of `dist/` on this machine, with the sample application: two registries on
 * loopback, a build, image info in a directory, a promotion by digest. Its runs stay in `.demo`, nothing keeps running.
 */
export async function localDemo(): Promise<void> {
  const started = Date.now();
  const stop = new AbortController();
  const interrupt = () => stop.abort(new Error('interrupted'));
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  let env = plainEnvironment();
  const terminal = openTerminal(bundlePath, () => env, stop.signal);
  const registries: number[] = [];
  let git: GitHost | undefined;
  try {
    terminal.progress('bundling op');
    await bundle();
    env = await getTools(env, terminal.progress, stop.signal);
    terminal.done();
    await stopRegistries(env, await portsLeft());
    await rm(folder, { recursive: true, force: true });
    await mkdir(files.environments, { recursive: true });
    const [dev, prod] = await freePorts();
    await writeFile(files.running, JSON.stringify({ process: process.pid, ports: [dev, prod] }));
    git = await startGitHost();
    await writeFile(join(files.environments, 'environments.yaml'), environments(dev, prod));
    const url = await serveSample(git);
    terminal.say('\n1. Two registries on this machine: for the environments dev and prod.');
    for (const port of [dev, prod]) {
      registries.push(port);
      await terminal.op('start-registry', '--engine=process', `--port=${port}`, `--data=${folder}/registry-${port}`);
    }
    const build = await buildAndPublish(terminal, url, dev);
    const promotion = await promote(terminal, dev, prod);
    await compare(terminal, env, dev, prod);
    terminal.say('\n5. What publish wrote: on a cluster, this is a ConfigMap.');
    await show(terminal, `${folder}/store/config-maps/image-info-web.yaml`);
    next(terminal, build, promotion);
  } catch (error) {
    terminal.done();
    const what = stop.signal.aborted ? 'interrupted' : error instanceof Error ? error.message : String(error);
    process.stderr.write(`\nthe demo has not finished: ${what}\n`);
    process.exitCode = stop.signal.aborted ? 130 : 1;
  } finally {
    await stopRegistries(env, registries);
    if (registries.length > 0) await rm(files.running, { force: true });
    await git?.stop();
    for (const signal of signals) process.off(signal, interrupt);
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  if (!process.exitCode)
    terminal.say(`\nThe demo took ${seconds} s. The registries are stopped; ${folder} can be deleted.`);
}

/** Without what the user may have configured for op and Skaffold. */
const plainEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:OP|OCTOPILOT|SKAFFOLD)_/u.test(name)));

/** The ports of the registries that a demo has left running because it was killed. @throws Error if it still runs */
async function portsLeft(): Promise<readonly number[]> {
  const text = await readFile(files.running, 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  const { process: pid, ports }: { process: number; ports: readonly number[] } = JSON.parse(text);
  if (isRunning(pid)) throw new Error(`process ${pid} runs the demo; if it does not, remove ${files.running}`);
  return ports;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function stopRegistries(env: NodeJS.ProcessEnv, ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const args = [bundlePath, 'start-registry', '--stop', `--port=${port}`];
    await execa(process.execPath, args, { env, extendEnv: false, reject: false, detached: true });
  }
}

/** The first two ports from 5001 that nothing listens on. */
async function freePorts(): Promise<readonly [number, number]> {
  const free: number[] = [];
  for (let port = 5001; free.length < 2 && port < 5100; port++) if (await isFree(port)) free.push(port);
  const [dev, prod] = free;
  if (dev === undefined || prod === undefined) throw new Error('no two ports from 5001 to 5099 are free');
  return [dev, prod];
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

const environments = (dev: number, prod: number) => `environments:
  - name: dev
    repository: localhost:${dev}/shop
  - name: prod
    repository: localhost:${prod}/shop
`;

/** The sample application as a repository on a Git server. */
async function serveSample(git: GitHost): Promise<string> {
  const { url, workingCopy, commit } = await git.repository('shop.git');
  await cp('examples/sample-app', workingCopy, { recursive: true });
  await commit('The shop: a web page and its API');
  return url;
}

async function buildAndPublish(terminal: Terminal, url: string, port: number): Promise<string> {
  terminal.say(
    '\n2. The Pipeline build-push, as it is in dist/: clone, build two images, push them, publish what they are.',
  );
  const name = await run(terminal, 'build-push', [
    ...['-p', `url=${url}`, '-p', `repository=localhost:${port}/shop`],
    ...['-w', 'name=source,volumeClaimTemplate='],
  ]);
  await terminal.op('local', 'graph', name, state);
  return name;
}

async function promote(terminal: Terminal, dev: number, prod: number): Promise<string> {
  terminal.say(
    `\n3. The Task promote-image: the published images go from localhost:${dev} to localhost:${prod}, by digest.`,
  );
  await show(terminal, `${files.environments}/environments.yaml`);
  return run(terminal, 'promote-image', [
    ...['-p', 'environment=prod', '-p', 'from=dev', '-p', 'from-image-info=true'],
    ...['-w', 'name=source,emptyDir=', '-w', `name=environments,config=${files.environments}`],
  ]);
}

/** Runs something of dist/. @returns the name of the run */
async function run(terminal: Terminal, name: string, args: readonly string[]): Promise<string> {
  const runs = () => readdir(join(folder, 'runs')).catch((): string[] => []);
  const before = await runs();
  await terminal.op('local', 'start', name, '-f', 'dist/', ...args, state);
  const [made = ''] = (await runs()).filter((one) => !before.includes(one));
  return made;
}

/** Asks both registries for the digest of each image. */
async function compare(terminal: Terminal, env: NodeJS.ProcessEnv, dev: number, prod: number): Promise<void> {
  terminal.say('\n4. The digests, as the registries tell them.');
  const crane = async (...args: readonly string[]) =>
    (await execa('crane', [...args, '--insecure'], { env, extendEnv: false })).stdout.trim();
  for (const image of ['shop/web', 'shop/team_api']) {
    const tag = (await crane('ls', `localhost:${dev}/${image}`)).split('\n').find((one) => /^[0-9a-f]{7,}$/u.test(one));
    for (const port of [dev, prod]) {
      const reference = `localhost:${port}/${image}:${tag}`;
      terminal.say(`$ crane digest ${reference}\n${await crane('digest', reference)}`);
    }
  }
}

async function show(terminal: Terminal, file: string): Promise<void> {
  terminal.say(`\n$ cat ${file}\n${(await readFile(file, 'utf8')).trimEnd()}`);
}

function next(terminal: Terminal, build: string, promotion: string): void {
  const commands = [
    [`npx op local logs ${build} ${state}`, 'what every step printed'],
    [`npx op local describe ${promotion} ${state}`, 'params, results and tasks of a run'],
    ['npx op local graph build-push -f dist/ --output=mermaid', 'a Pipeline as a picture'],
    ['npx op local start FILE', 'your own Pipeline or Task, of any Tekton YAML'],
    ['npm run demo -- --cluster', 'the same on a real Kubernetes, which it builds first (about 20 minutes)'],
  ] as const;
  const width = Math.max(...commands.map(([command]) => command.length));
  terminal.say('\nNext:');
  for (const [command, what] of commands) terminal.say(`  ${command.padEnd(width)}  ${what}`);
}
