import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startForwarder } from '../../../test/op/forwarder.js';
import { type LocalRegistry, startLimitedRegistry, startPlainRegistry } from '../../../test/op/local-registry.js';
import { createMirrorSandbox, type MirrorSandbox } from '../../../test/op/mirror-sandbox.js';
import { pushImage, registryTool } from '../../../test/op/pushed-image.js';
import {
  type Asked,
  firstTimes,
  startUnrulyRegistry,
  type Trouble,
  type UnrulyRegistry,
} from '../../../test/op/unruly-registry.js';
import { attemptPauses } from './registries/registries.js';

let registry: LocalRegistry;
let other: LocalRegistry;
let count = 0;
const digests = new Map<string, string>();
const names = ['one', 'two', 'three'];

beforeAll(async () => {
  [registry, other] = await Promise.all([startPlainRegistry(), startPlainRegistry()]);
  for (const name of names) digests.set(name, await pushImage(`${registry.host}/hub/${name}:v1`, 300_000));
});
afterAll(() => Promise.all([registry?.stop(), other?.stop()]));

/** What one test has for itself: tests run side by side, because most of them wait. */
interface Scene extends AsyncDisposable {
  /** The source and the destination, each of which can misbehave. */
  readonly here: UnrulyRegistry;
  readonly there: UnrulyRegistry;
  readonly source: string;
  readonly target: string;
  readonly sandbox: MirrorSandbox;
  /** @param run a line of the mirror file */
  readonly mirrorFile: (run?: string) => string;
  readonly digestAt: (name: string) => Promise<string | undefined>;
}

async function openScene(): Promise<Scene> {
  count += 1;
  const site = `site${count}`;
  const [here, there] = await Promise.all([startUnrulyRegistry(registry.host), startUnrulyRegistry(other.host)]);
  const [source, target] = [`${here.host}/hub`, `${there.host}/${site}`];
  const mirrorFile = (run = '') =>
    `version: 1\n${run}defaults: { to: '${target}/{name}' }\nsources:\n${names.map((name) => `  - { from: '${source}/${name}', tags: { regex: v1 } }\n`).join('')}`;
  const sandbox = await createMirrorSandbox(mirrorFile());
  return {
    here,
    there,
    source,
    target,
    sandbox,
    mirrorFile,
    digestAt: (name) => registryTool('crane', ['digest', `${other.host}/${site}/${name}:v1`]).catch(() => undefined),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([here.stop(), there.stop(), sandbox.remove()]);
    },
  };
}

const isUpload = ({ method, path }: Asked) => method === 'PUT' && path.includes('/blobs/uploads/');
const isBlob = ({ method, path }: Asked) => method === 'GET' && path.includes('/blobs/sha256:');
const isManifest = ({ path }: Asked) => path.includes('/manifests/');
const isTagWrite = ({ method, path }: Asked) => method === 'PUT' && path.endsWith('/manifests/v1');
const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );
/** The first time that each address is asked for. */
const onceEach = (trouble: Trouble) => {
  const seen = new Set<string>();
  return ({ method, path }: Asked) => {
    const key = `${method} ${path.replace(/uploads\/.+/u, 'uploads/')}`;
    if (seen.has(key)) return undefined;
    seen.add(key);
    return trouble;
  };
};

describe.concurrent('a registry that fails temporarily', () => {
  it.each<readonly [name: string, where: 'here' | 'there', trouble: () => (asked: Asked) => Trouble | undefined]>([
    [
      'limits each request once, as JSON',
      'here',
      () => onceEach({ status: 429, body: '{"errors":[{"code":"TOOMANYREQUESTS"}]}' }),
    ],
    ['limits each request once, without a word', 'there', () => onceEach({ status: 429 })],
    ['limits each request once, as a page of HTML', 'there', () => onceEach({ status: 429, body: '<html>429</html>' })],
    [
      'says how long to wait',
      'there',
      () => firstTimes(5, () => true, { status: 429, headers: { 'retry-after': '1' } }),
    ],
    [
      'says until when to wait',
      'here',
      () =>
        firstTimes(2, () => true, {
          status: 429,
          headers: { 'retry-after': new Date(Date.now() + 1500).toUTCString() },
        }),
    ],
    [
      'limits uploads more often than they are tried again',
      'there',
      () => firstTimes(40, isUpload, { status: 429, headers: { 'retry-after': '0' } }),
    ],
    ['answers 500', 'here', () => onceEach({ status: 500 })],
    ['answers 503 to writes', 'there', () => firstTimes(3, ({ method }) => method === 'PUT', { status: 503 })],
    ['cuts the connection in a blob', 'here', () => firstTimes(3, isBlob, { cutAnswerAfter: 100_000 })],
    [
      'cuts the connection in a manifest',
      'here',
      () => firstTimes(3, (asked) => asked.method === 'GET' && isManifest(asked), { cutAnswerAfter: 100 }),
    ],
    ['cuts the connection in an upload', 'there', () => firstTimes(3, isUpload, { cutUploadAfter: 100_000 })],
    [
      'forgets an upload',
      'there',
      () => firstTimes(2, isUpload, { status: 404, body: '{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}' }),
    ],
  ])('%s: everything arrives', async (_, where, trouble) => {
    await using scene = await openScene();
    scene[where].behave(trouble());
    const report = await scene.sandbox.run();
    expect(report.totals).toMatchObject({ copied: 3, failed: 0 });
    for (const name of names) expect(await scene.digestAt(name)).toBe(digests.get(name));
  });
});

describe('a registry that says how long to wait', () => {
  it('is paused for all, not only for the request that was told to wait', async () => {
    await using scene = await openScene();
    const { here, sandbox } = scene;
    const start = Date.now();
    const times: number[] = [];
    const limit = firstTimes(1, () => true, { status: 429, headers: { 'retry-after': '2' } });
    here.behave((asked) => {
      times.push(Date.now() - start);
      return limit(asked);
    });
    await sandbox.resolve();
    // Those that were on their way already, and then nothing until the pause is over.
    const [, ...later] = times;
    expect(later.filter((time) => time > 1000 && time < 1900)).toEqual([]);
  });
});

describe.concurrent('a registry that is down for a while', () => {
  it('is waited for longer than a minute', () => {
    const usual = attemptPauses(5);
    expect(usual).toEqual([1000, 3000, 10_000, 30_000, 30_000]);
    expect(usual.reduce((sum, pause) => sum + pause, 0)).toBeGreaterThan(60_000);
    expect(attemptPauses(2)).toEqual([1000, 3000]);
  });

  /** A minute, and how long op waits, are so many times as short. */
  const pace = 40;
  const pauses = attemptPauses(5).map((pause) => pause / pace);
  /** Takes the destination away at its first upload. @param milliseconds undefined: until `comeBack` */
  const goDown = async ({ there, sandbox, mirrorFile }: Scene, milliseconds?: number) => {
    const forwarder = await startForwarder(Number(there.host.split(':')[1]));
    await sandbox.write('mirror.yaml', mirrorFile().replaceAll(there.host, `localhost:${forwarder.port}`));
    let isDown = false;
    there.behave((asked) => {
      if (!isUpload(asked) || isDown) return undefined;
      isDown = true;
      forwarder.close();
      if (milliseconds !== undefined) setTimeout(forwarder.open, milliseconds);
      return undefined;
    });
    return { wasDown: () => isDown, comeBack: forwarder.open, [Symbol.asyncDispose]: forwarder.stop };
  };

  it('gets everything when it is back within a minute', async () => {
    await using scene = await openScene();
    await using outage = await goDown(scene, 60_000 / pace);
    const report = await scene.sandbox.run({ pauses });
    expect(outage.wasDown()).toBe(true);
    expect(report.totals).toMatchObject({ copied: 3, failed: 0 });
  });

  it('for longer than that: the images are named, and the next run copies them', async () => {
    await using scene = await openScene();
    await using outage = await goDown(scene);
    const { sandbox } = scene;
    const error = await failed(sandbox.run({ pauses }));
    expect(outage.wasDown()).toBe(true);
    expect(error).toMatchObject({ kind: 'tool', message: 'not mirrored: 3 of 3 images' });
    expect(error.why).toMatch(/one:v1: failed: cannot .* localhost:\d+/u);
    expect((await sandbox.read('mirror/retry.txt'))?.split('\n')).toHaveLength(4);
    outage.comeBack();
    expect((await sandbox.run({ pauses })).totals).toMatchObject({ copied: 3, failed: 0 });
    for (const name of names) expect(await scene.digestAt(name)).toBe(digests.get(name));
  });
});

describe.concurrent('a registry with a limit of requests a second', () => {
  it('gets everything, and the wait is no failure', async () => {
    await using scene = await openScene();
    const { there, sandbox, mirrorFile } = scene;
    const limited = await startLimitedRegistry(10);
    try {
      await sandbox.write('mirror.yaml', mirrorFile('run: { retries: 1 }\n').replaceAll(there.host, limited.host));
      expect((await sandbox.run()).totals).toMatchObject({ copied: 3, failed: 0 });
    } finally {
      await limited.stop();
    }
  });
});

describe.concurrent('a registry that fails for good', () => {
  it('does not stop the other images, and what failed is named in the last lines and in the list to try again', async () => {
    await using scene = await openScene();
    const { here, there, source, sandbox, digestAt } = scene;
    here.behave(({ method, path }) => (method === 'GET' && path.includes('/two/blobs/') ? { status: 502 } : undefined));
    const error = await failed(sandbox.run());
    expect(error).toMatchObject({ kind: 'tool', message: 'not mirrored: 1 of 3 images; the others are' });
    expect(error.why).toMatch(/^localhost:\d+\/site\d+\/two:v1: failed: .*502/u);
    expect(await sandbox.read('mirror/retry.txt')).toBe(`${source}/two:v1\n`);
    expect(await sandbox.report()).toMatchObject({ totals: { copied: 2, failed: 1 } });
    expect(await sandbox.read('mirror/report.md')).toContain('**Failed**: 1 of 3');
    expect([await digestAt('one'), await digestAt('two')]).toEqual([digests.get('one'), undefined]);

    here.calm();
    there.calm();
    // The same plan again: only the rest is copied.
    await sandbox.copy();
    expect(there.requests.filter(isTagWrite)).toHaveLength(1);
    expect(await digestAt('two')).toBe(digests.get('two'));
    expect(await sandbox.read('mirror/retry.txt')).toBeUndefined();
  });

  it('cannot be listed: the other sources are copied', async () => {
    await using scene = await openScene();
    const { here, sandbox, digestAt } = scene;
    here.behave(({ path }) => (path === '/v2/hub/two/tags/list' ? { status: 500 } : undefined));
    const error = await failed(sandbox.run());
    expect(error).toMatchObject({ kind: 'tool' });
    expect(error.why).toMatch(/hub\/two: not listed/u);
    expect(await digestAt('three')).toBe(digests.get('three'));
  });

  it('says that a tag of the mirror file does not exist', async () => {
    await using scene = await openScene();
    const { source, target, sandbox, digestAt } = scene;
    await sandbox.write(
      'mirror.yaml',
      `version: 1\nsources: [{ from: '${source}/one:v9', to: '${target}/one' }, { from: '${source}/two:v1', to: '${target}/two' }]\n`,
    );
    const error = await failed(sandbox.run());
    expect(error.why).toMatch(/one:v9: missing: the source does not have it/u);
    expect(await digestAt('two')).toBe(digests.get('two'));
  });
});

// One after the other: each measures time.
describe('a registry that does not answer', () => {
  it('never answers an upload: the image ends with its time limit, and the others arrive', async () => {
    await using scene = await openScene();
    const { there, sandbox, mirrorFile, digestAt } = scene;
    await sandbox.write('mirror.yaml', mirrorFile('run: { timeout: 2s, retries: 1 }\n'));
    there.behave((asked) => (isUpload(asked) && asked.path.includes('/two/') ? { delay: 600_000 } : undefined));
    const error = await failed(sandbox.run());
    expect(error.why).toMatch(/two:v1: failed: .*took longer than 2 s/u);
    expect(await digestAt('three')).toBe(digests.get('three'));
  });

  it('sends nothing for too long: the connection is given up and the request made again', async () => {
    await using scene = await openScene();
    const { here, sandbox } = scene;
    here.behave(firstTimes(2, isBlob, { delay: 600_000 }));
    const report = await sandbox.run({ idle: 500 });
    expect(report.totals).toMatchObject({ copied: 3 });
  });

  it('is not there: nothing is copied, and no image waits for itself', async () => {
    await using scene = await openScene();
    const { here, sandbox } = scene;
    await here.stop();
    const start = Date.now();
    const error = await failed(sandbox.run({ pauses: [300, 300, 300] }));
    expect(error).toMatchObject({ kind: 'tool', message: 'nothing is copied: no image could be compared' });
    expect(Date.now() - start).toBeLessThan(5000);
  });
});

describe.concurrent('a registry that cannot be trusted', () => {
  const wrong = 'sha256:'.padEnd(71, 'f');

  it('sends other content as a blob: it never becomes one at the destination', async () => {
    await using scene = await openScene();
    const { here, there, source, target, sandbox, digestAt } = scene;
    const big = (await pushImage(`${registry.host}/hub/evil:v1`, 300_000)) ?? '';
    await sandbox.write('mirror.yaml', `version: 1\nsources: [{ from: '${source}/evil:v1', to: '${target}/evil' }]\n`);
    here.behave((asked) => (isBlob(asked) ? { status: 200, body: 'x'.repeat(1000) } : undefined));
    const error = await failed(sandbox.run());
    expect(error.why).toMatch(/the source sent other content/u);
    expect(there.requests.filter((asked) => isUpload(asked) && asked.status === 201)).toEqual([]);
    expect(await digestAt('evil')).toBeUndefined();
    expect(big).toMatch(/^sha256:/u);
  });

  it('sends another manifest than its digest', async () => {
    await using scene = await openScene();
    const { here, there, sandbox } = scene;
    here.behave((asked) =>
      asked.method === 'GET' && isManifest(asked) ? { status: 200, body: '{"layers":[]}' } : undefined,
    );
    const error = await failed(sandbox.run());
    expect(error.why).toMatch(/the registry sent a manifest with the digest/u);
    expect(there.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  it('stores a manifest under another digest', async () => {
    await using scene = await openScene();
    const { there, sandbox } = scene;
    there.behave((asked) =>
      isTagWrite(asked) ? { status: 201, headers: { 'docker-content-digest': wrong } } : undefined,
    );
    const error = await failed(sandbox.run());
    expect(error.why).toMatch(/the registry stored it as sha256:f+ instead of/u);
  });

  it('answers with a digest that is none: it is not used, the manifest is', async () => {
    await using scene = await openScene();
    const { here, sandbox } = scene;
    here.behave((asked) =>
      asked.method === 'HEAD' && isManifest(asked)
        ? { status: 200, headers: { 'docker-content-digest': '../../etc/passwd' } }
        : undefined,
    );
    expect((await sandbox.run()).totals).toMatchObject({ copied: 3 });
  });

  it('lists tags that are no tags: they are left out', async () => {
    await using scene = await openScene();
    const { here, source, target, sandbox } = scene;
    const tags = ['v1', '../../../v2/x', 'a b', '\u001b]0;title\u0007', 'v1\n::error::', '', 7, 'x'.repeat(200)];
    here.behave(({ path }) =>
      path.endsWith('/one/tags/list') ? { status: 200, body: JSON.stringify({ tags }) } : undefined,
    );
    await sandbox.write(
      'mirror.yaml',
      `version: 1\nsources: [{ from: '${source}/one', to: '${target}/one', tags: { regex: '[^]*' } }]\n`,
    );
    const plan = await sandbox.resolve();
    expect(plan.items.map(({ destination }) => destination)).toEqual([`${target}/one:v1`]);
  });

  it('sends a page of HTML instead of a list: that is not an empty list', async () => {
    await using scene = await openScene();
    const { here, sandbox } = scene;
    here.behave(({ path }) => (path.endsWith('/tags/list') ? { status: 200, body: '<html>log in</html>' } : undefined));
    expect((await failed(sandbox.resolve())).why).toMatch(/the answer is no list of tags/u);
  });

  it('says that a list goes on at another server, or without end', async () => {
    await using scene = await openScene();
    const { here, sandbox } = scene;
    let link = '<http://localhost:1/v2/hub/one/tags/list>; rel="next"';
    here.behave(({ path }) =>
      path.endsWith('/tags/list') ? { status: 200, headers: { link }, body: '{"tags":["v1"]}' } : undefined,
    );
    expect((await failed(sandbox.resolve())).why).toMatch(/the list goes on at http:\/\/localhost:1/u);
    link = '</v2/hub/one/tags/list?last=v1>; rel="next"';
    expect((await failed(sandbox.resolve())).why).toMatch(/the list goes on at/u);
  });

  it('explains errors with control characters: they are not printed', async () => {
    await using scene = await openScene();
    const { there, sandbox } = scene;
    const body = JSON.stringify({ errors: [{ code: 'DENIED', message: 'no\u001b[31m\u0007\r\nfake line' }] });
    there.behave(({ method }) => (method === 'POST' ? { status: 403, body } : undefined));
    const error = await failed(sandbox.run());
    const page = await sandbox.read('mirror/report.md');
    expect(`${error.why}${sandbox.printed.join('')}${page}`).not.toMatch(/[^\P{Cc}\n]/u);
  });
});
