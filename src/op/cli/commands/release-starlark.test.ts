import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownGoTool, starlarkHelper } from '../../../../image/own-go-tool.js';
import { type ReleaseSandbox, releaseSandbox } from '../../../../test/op/releases/sandbox.js';
import { answerShape } from '../../releases/cluster/answer.js';
import { pack, unpack } from '../../releases/cluster/packed.js';

const repo = `
ocuroot("0.3.0")

repo_alias("bakery")

store.set(store.fs(".store/state"), intent = store.fs(".store/intent"))

def _job(commit):
    shell("echo job $COMMIT >> $HOME/log", env = {"COMMIT": commit})

trigger(_job)
`;
const places = `
ocuroot("0.3.x")

register_environment(environment("corner", {"type": "staging"}))
register_environment(environment("town", attributes = {"type": "prod", "oven": "big"}))
`;
/** As the public examples do it: functions in a file of their own, a context or parameters, hand-offs, outputs of other packages. */
const recipes = `
load("../lib/note.star", "note", loaf = "shape")

def bake(ctx):
    number = ctx.inputs.batch + 1
    note("bake", number)
    return done(outputs = {"batch": number, "loaf": loaf.name, "crumb": 5.5, "fresh": True})

def up(environment, batch, price = 1, oven = "small"):
    note("up", environment["name"], batch, price, environment["attributes"].get("oven", oven))
    return next(open_door, inputs = {"environment": environment, "sign": input(ref = "@/custom/sign", default = "open")})

def open_door(environment, sign):
    note("door", environment["name"], sign)
    return done(outputs = {"door": sign}, annotation = "sold here", tags = ["v1"])

def down(environment, **others):
    note("down", environment["name"])
`;
const bread = `
ocuroot("0.3.0")

load("./recipes.star", "bake", "up", "down")

call(
    bake,
    name = "bake",
    inputs = {"batch": input(ref = "./@/call/bake#output/batch", default = 0)},
)

def sell(type):
    return [
        deploy(
            environment = place,
            up = up,
            down = down,
            inputs = {
                "batch": ref("./task/bake#output/batch"),
                "price": input("@/custom/price", default = 2),
            },
        )
        for place in environments()
        if place.attributes["type"] == type
    ]

phase("corner", work = sell("staging"))

def taste(approval):
    return done()

task(taste, name = "taste", inputs = {"approval": ref("./custom/approval")})

phase(name = "town", tasks = sell("prod"))
`;
const cafe = `
ocuroot("0.3.0")

def up(ctx):
    place = environment_from_dict(ctx.inputs.environment)
    shell("echo cafe $PLACE $DOOR >> $HOME/log", env = {"PLACE": place.name, "DOOR": ctx.inputs.door}, mute = True)
    return done()

phase("cafe", [
    deploy(up = up, down = up, environment = e, inputs = {
        "door": ref("./-/bread/package.ocu.star/@/deploy/{}#output/door".format(e.name)),
    })
    for e in environments()
])
`;
const note = `
shape = struct(name = "baguette")

def note(*words):
    line = " ".join([str(word) for word in words])
    host.shell("cat >> $HOME/log", env = {"LINE": line}) if False else host.shell("echo \\"$LINE\\" >> $HOME/log", env = {"LINE": line})
    print("noted", line)
`;

let box: ReleaseSandbox;
beforeAll(async () => {
  const helper = await ownGoTool(starlarkHelper);
  box = await releaseSandbox(undefined, { OP_STORE: '', PATH: `${dirname(helper)}:${process.env.PATH}` });
  await box.write({
    '.gitignore': 'node_modules/\n.store/\n',
    'repo.ocu.star': repo,
    'places.ocu.star': places,
    'bread/package.ocu.star': bread,
    'bread/recipes.star': recipes,
    'cafe/package.ocu.star': cafe,
    'lib/note.star': note,
  });
  await box.commit();
}, 120_000);
afterAll(() => box.dispose());

let seen = 0;
/** The lines that functions wrote since the last time. */
async function ran(): Promise<readonly string[]> {
  const text = await readFile(join(box.home, 'log'), 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  const fresh = lines.slice(seen);
  seen = lines.length;
  return fresh;
}

test('environments, phases, hand-offs and outputs of other packages run from files of ocuroot', async () => {
  await box.must('release', 'new', 'places.ocu.star');
  await box.must('work', 'any');
  const shown = await box.must('release', 'lint', 'bread/package.ocu.star');
  expect(shown).toMatch(/bakery\/-\/bread\/package\.ocu\.star\/@r1\nbake\n {2}task\/bake/u);
  expect(shown).toContain('batch=<bakery/-/bread/package.ocu.star/@/task/bake#output/batch or 0>');
  expect(shown).toMatch(/corner\n {2}deploy\/corner .*\ntaste\n {2}task\/taste .*\ntown\n {2}deploy\/town /u);
  const made = await box.must('release', 'new', 'bread/package.ocu.star');
  expect(made).toContain('bakery/-/bread/package.ocu.star/@r1/custom/approval');
  expect(await ran()).toEqual(['bake 1', 'up corner 1 2 small', 'door corner open']);
  expect(await box.must('release', 'show', 'bread/package.ocu.star/@v1')).toContain('@r1: open\ntags v1\n');
  await box.must('release', 'new', 'cafe/package.ocu.star');
  expect(await ran()).toEqual(['cafe corner open']);
  await box.must('state', 'set', 'bread/package.ocu.star/@r1/custom/approval', 'true');
  await box.must('work', 'any');
  expect((await ran()).toSorted()).toEqual(['cafe town open', 'door town open', 'up town 1 2 big']);
  expect(JSON.parse(await box.must('state', 'get', 'bread/package.ocu.star/@/task/bake'))).toMatchObject({
    output: { batch: 1, loaf: 'baguette', crumb: 5.5, fresh: true },
  });
}, 120_000);

test('custom state that changes deploys again, a handed reference has its new value, and down runs when an environment goes', async () => {
  await box.must('state', 'set', '@/custom/sign', '"closed"');
  await box.must('state', 'set', '@/custom/price', '3');
  await box.must('work', 'any');
  expect((await ran()).toSorted()).toEqual([
    'cafe corner closed',
    'cafe town closed',
    'door corner closed',
    'door town closed',
    'up corner 1 3 small',
    'up town 1 3 big',
  ]);
  await box.must('environment', 'remove', 'corner');
  await box.must('work', 'any');
  expect((await ran()).toSorted()).toEqual(['cafe corner closed', 'down corner']);
}, 120_000);

test('the trigger of repo.ocu.star starts a job for a commit with work that is ready', async () => {
  const commit = await box.commit('another');
  await box.must('release', 'new', 'cafe/package.ocu.star');
  await box.must('release', 'bad', 'cafe/package.ocu.star/@r2');
  await ran();
  await box.must('work', 'trigger');
  expect((await ran()).length).toBeGreaterThan(0);
  expect(commit).toMatch(/^[0-9a-f]{40}$/u);
}, 120_000);

test('a function that fails says where, keeps secrets to itself, and runs again after retry', async () => {
  await box.write({
    'till.ocu.star': `
def count():
    key = secret("s3cret-key")
    print("the key is " + key)
    if shell("test -f $HOME/coins", continue_on_error = True).exit_code != 0:
        fail("no coins for " + key)
    return done(outputs = {"coins": read("coins.txt").strip(), "dir": pwd().split("/")[-1], "os": os()})

def leak():
    return done(outputs = {"key": secret("s3cret-key")})

task(count, name = "count")
task(leak, name = "leak")
`,
    'coins.txt': '12\n',
    'wrong.ocu.star': 'def f():\n    return done(tags = ["r12"])\n\ntask(f, name = "f")\n',
  });
  await box.commit();
  const first = await box.op('release', 'new', 'till.ocu.star');
  expect(first.exitCode).toBe(4);
  expect(first.stderr).toContain('the key is ***');
  expect(first.stderr).toContain('till.ocu.star:6:13: no coins for ***');
  const wrong = await box.op('release', 'new', 'wrong.ocu.star');
  expect(wrong.stderr).toContain('wrong.ocu.star:2:16: a release cannot have this tag: "r12" is not letters');
  await writeFile(join(box.home, 'coins'), '');
  const second = await box.op('release', 'retry', 'till.ocu.star');
  expect(second.stderr).toContain('task/leak returned what cannot be an output: it contains a secret');
  const stored = await box.must('release', 'show', 'till.ocu.star', '--output=json');
  expect(JSON.parse(stored).runs).toContainEqual(
    expect.objectContaining({ item: 'task/count', output: { coins: '12', dir: 'shop', os: process.platform } }),
  );
  expect(`${first.stderr}${second.stderr}${stored}`).not.toContain('s3cret');
}, 60_000);

test('files and requests of a function go through op', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    request.setEncoding('utf8');
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''} ${body}`.trim());
      response.writeHead(request.url === '/none' ? 404 : 201, { 'content-type': 'text/plain' }).end('hello');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  await box.write({
    'post/web.ocu.star': `
def talk(ctx):
    made = http.post("${`http://127.0.0.1:${port}/jobs`}", body = json.encode({"ref": "main"}), headers = {"Authorization": "token abc"})
    gone = http.get(url = "${`http://127.0.0.1:${port}/none`}")
    write("out/answer.txt", made["body"] + gone.headers["Content-Type"][0])
    return done(outputs = {
        "made": made.status_code,
        "gone": gone["status_code"],
        "files": read_dir("out"),
        "text": read("out/answer.txt"),
        "is_dir": [is_dir("out"), is_dir("none")],
        "home": env()["HOME"] != "",
    })

task(talk, name = "talk")
`,
  });
  await box.commit();
  const made = await box.op('release', 'new', 'post/web.ocu.star');
  server.close();
  expect(asked).toEqual(['POST /jobs token abc {"ref":"main"}', 'GET /none']);
  expect(made.stderr).toMatch(/post\/web\.ocu\.star:3:\d+: POST 127\.0\.0\.1:\d+: 201/u);
  expect(JSON.parse(await box.must('state', 'get', 'post/web.ocu.star/@/task/talk#output'))).toEqual({
    made: 201,
    gone: 404,
    files: ['answer.txt'],
    text: 'hellotext/plain',
    is_dir: [true, false],
    home: true,
  });
}, 60_000);

test('the pod of an item evaluates it, and runs its functions', async () => {
  const file = join(box.home, 'answer');
  const environments = [{ name: 'town', attributes: { type: 'prod' }, id: '1' }];
  const asked = async (path: string, more: object) => {
    const request = pack({ repo: 'bakery', path, number: 3, environments, ...more });
    const { stderr } = await box.op('release-item', '--directory=.', `--request=${request}`, `--result=ANSWER=${file}`);
    return { stderr, answer: unpack(answerShape, await readFile(file, 'utf8')) };
  };
  const { answer: planned } = await asked('cafe/package.ocu.star', { do: 'plan' });
  expect(planned).toMatchObject({ is: 'planned', plan: { name: 'cafe/package', phases: [{ name: 'cafe' }] } });
  const environment = { name: 'town', attributes: {} };
  const run = { do: 'run', commit: 'c', environment, item: 'task/talk' };
  const bake = await asked('bread/package.ocu.star', {
    ...run,
    key: 'task/bake',
    action: 'call',
    inputs: { batch: 4 },
  });
  expect(bake.answer).toMatchObject({ is: 'complete', output: { batch: 5 } });
  // The rights to the stores are not those of a pod with code of the repository.
  const up = await asked('bread/package.ocu.star', {
    ...run,
    key: 'deploy/town',
    action: 'up',
    inputs: { batch: 5, environment },
  });
  expect(up.answer).toMatchObject({ is: 'failed', error: expect.stringContaining('@/custom/sign is not known here') });
}, 60_000);

test('without the helper, op says how to get it', async () => {
  const { exitCode, stderr } = await box.op('release', 'list', '--store=directory:none');
  expect([exitCode, stderr]).toEqual([0, expect.anything()]);
  const without = await releaseSandbox();
  await without.write({ 'a.ocu.star': '' });
  await without.commit();
  const said = await without.op('release', 'lint', 'a.ocu.star');
  await without.dispose();
  expect(said).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('Starlark is evaluated by op-starlark, which is not on PATH'),
  });
}, 60_000);
