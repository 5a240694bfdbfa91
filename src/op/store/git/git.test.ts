import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GitHost, startGitHost } from '../../../../test/op/git-host.js';
import { storeContract } from '../../../../test/op/store/contract.js';
import { testContext } from '../../../../test/op/test-context.js';
import { parseGitUrl } from '../../systems/git/url.js';
import { openGitStore } from './git.js';

let room: string;
let host: GitHost;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'store-test-'));
  host = await startGitHost({ 'http.receivepack': 'true' });
});
afterAll(async () => {
  await host?.stop();
  await rm(room, { recursive: true, force: true });
});
const env = () => ({ PATH: process.env.PATH, HOME: room, TMPDIR: room });

describe('the contract', () => {
  let url: string;
  beforeAll(async () => {
    url = (await host.repository('contract.git')).url;
  });
  storeContract((context) =>
    openGitStore({ ...context, env: env() }, { url: parseGitUrl(url), branch: 'store' }, { pollEvery: 200 }),
    { patience: 3}
  );
});
