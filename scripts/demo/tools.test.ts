import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findTool } from '../../test/tools.js';
import { getTools } from './tools.js';

let room: string;

beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'demo-tools-test-'));
  expect((await execa('git', ['--version'])).exitCode).toBe(0);
});
afterAll(() => rm(room, { recursive: true, force: true }));

/** A machine that has these programs, and has built none. */
async function machineWith(name: string, programs: Readonly<Record<string, string>>) {
  const path = await mkdtemp(join(room, name));
  await symlink(findTool('git', process.env.PATH ?? '') ?? '', join(path, 'git'));
  for (const [program, text] of Object.entries(programs)) {
    await writeFile(join(path, program), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  return { PATH: path, XDG_CACHE_HOME: join(path, 'cache') };
}

const said: string[] = [];
const tools = (env: NodeJS.ProcessEnv) => getTools(env, (text) => said.push(text));

test('without Git, the demo says what to install', async () => {
  const env = { PATH: join(room, 'nothing'), XDG_CACHE_HOME: join(room, 'nothing') };
  await expect(tools(env)).rejects.toThrow('install git');
});

test('where bubblewrap cannot make namespaces, the demo says so, and what to allow', async () => {
  const words = 'bwrap: No permissions to create new namespace';
  const env = await machineWith('locked', { bwrap: `echo '${words}' >&2; exit 1` });
  await expect(tools(env)).rejects.toThrow(
    `bubblewrap cannot make namespaces here: ${words}\nin a container, allow them`,
  );
});

test('nothing is built or fetched when all tools are there', async () => {
  const env = await machineWith('ready', { bwrap: 'exit 0', crane: 'exit 0' });
  expect((await tools(env)).PATH).toContain(env.PATH);
  expect(said).toEqual([]);
});
