import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processesOf, type ReleaseRoom, releaseRoom } from './release-room.js';
import { commitFiles } from './repository.js';
import { kubectl, kubectlJson, waitForRun } from './rig.js';

/** How many pods are killed. More take long: `KILLS=30 npx vitest run --project cluster test/cluster/release-kills.test.ts`. */
const kills = Number(process.env.KILLS ?? 4);

const file = 'shop.release.ts';
const files = {
  [file]: `
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { release } from 'octopipeline/release';

const items = ['one', 'two', 'three'];
export default release('shop', ({ phase, call }) => {
  for (const name of ['first', 'second']) {
    phase(name, items.map((item) => call(name + '-' + item, {
      run: async ({ exec, release }) => {
        const noted = ['ran', release.name, name, item, randomBytes(3).toString('hex')].join('-');
        await exec('kubectl', ['create', 'configmap', noted]);
        await pause(2000);
      },
    })));
  }
});
`,
};

let room: ReleaseRoom;
beforeAll(async () => {
  room = await releaseRoom(files);
});
afterAll(() => room?.dispose());

/** Kills one of the pods that run, each as likely: its processes by SIGKILL, or the pod without a grace period. @returns whether there was one */
async function killOne(): Promise<boolean> {
  const pods = await kubectlJson<{ items: readonly { metadata: { name: string } }[] }>([
    'get',
    'pods',
    `--namespace=${room.ci}`,
    '--field-selector=status.phase=Running',
  ]);
  const pod = pods.items[Math.floor(Math.random() * pods.items.length)]?.metadata.name;
  if (pod === undefined) return false;
  if (Math.random() < 0.5) {
    const processes = await processesOf(room.ci, pod, '');
    for (const { pid } of processes) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    }
    return processes.length > 0;
  }
  await kubectl(['delete', 'pod', pod, `--namespace=${room.ci}`, '--grace-period=0', '--force', '--wait=false']);
  return true;
}

/** Starts `work`, and what failed too often, until a release is complete. */
async function finish(number: number): Promise<void> {
  const reference = `${room.packageOf(file)}/@r${number}`;
  for (let round = 0; round < 60; round += 1) {
    await waitForRun(await room.begin('work'));
    const { standing } = await room.shown(file, number);
    if (standing === 'complete') return;
    await room.op('release', 'retry', reference);
  }
  throw new Error(`${reference} is not complete after 60 rounds`);
}

test(`pods are killed at random moments, ${kills} times: everything finishes, and nothing runs again that has recorded its end`, {
  timeout: 120_000 + kills * 120_000,
}, async () => {
  let killed = 0;
  let over = false;
  const killer = (async () => {
    while (killed < kills && !over) {
      await pause(Math.random() * 4000);
      if (await killOne()) killed += 1;
    }
  })();
  let number = 0;
  try {
    while (killed < kills) {
      const revision = await commitFiles(room.repository, { 'version.txt': String(number) });
      number += 1;
      // Killed while it plans, it is simply started again.
      while (!(await waitForRun(await room.begin('release', { file, revision }))).succeeded);
      await finish(number);
    }
  } finally {
    over = true;
    await killer;
  }

  const noted = await room.noted(/^ran-/u);
  for (let release = 1; release <= number; release += 1) {
    const { standing, runs } = await room.shown(file, release);
    expect(standing).toBe('complete');
    for (const phase of ['first', 'second']) {
      for (const item of ['one', 'two', 'three']) {
        const ends = runs.flatMap((run) => (run.item === `task/${phase}-${item}` ? run.status : []));
        expect(ends.filter((end) => end === 'complete')).toEqual(['complete']);
        expect(ends.at(-1)).toBe('complete');
        // Tekton makes a deleted pod of a TaskRun again, so one run may start its function twice, but not after its end.
        const starts = noted.filter(({ what }) => what === `ran-r${release}-${phase}-${item}`);
        expect(starts).not.toEqual([]);
        const ended = Date.parse(runs.findLast((run) => run.item === `task/${phase}-${item}`)?.ended ?? '');
        for (const { at } of starts) expect(Date.parse(at)).toBeLessThanOrEqual(ended);
      }
    }
  }
});
