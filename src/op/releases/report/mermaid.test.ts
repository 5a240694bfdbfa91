import { expect, test } from 'vitest';
import type { Plan, Run } from '../documents/shapes.js';
import { mermaidOf } from './mermaid.js';

const ref = 'h.io/shop/-/shop.release.ts/@r3';
const plan: Plan = {
  name: 'shop',
  environments: [],
  phases: [
    { name: 'build', items: [{ key: 'task/build', inputs: {}, gates: [] }] },
    { name: 'test', items: [] },
    {
      name: 'all "sites" <now>',
      items: ['eu', 'us'].map((name) => ({
        key: `deploy/${name}`,
        inputs: {
          image: { ref: `${ref}/task/build#output/image` },
          size: { ref: '@/custom/size', default: 1 },
          color: { value: 'red' },
          environment: { ref: `@/environment/${name}` },
        },
        gates: name === 'us' ? [{ is: 'soak', milliseconds: 1 }, { is: 'approval' }] : [],
      })),
    },
  ],
};

test('a plan is drawn with its phases, its items, and where their inputs come from', () => {
  expect(mermaidOf(ref, plan)).toBe(`flowchart LR
  subgraph phase1["1. build"]
    item1["task/build"]
  end
  subgraph phase2["2. test"]
    none2["no items"]
  end
  subgraph phase3["3. all #34;sites#34; #60;now#62;"]
    item2["deploy/eu"]
    item3["deploy/us<br/>gates: soak, approval"]
  end
  input1(["@/custom/size"])
  phase1 --> phase2
  phase2 --> phase3
  item1 -.->|"image"| item2
  input1 -.->|"size"| item2
  item1 -.->|"image"| item3
  input1 -.->|"size"| item3
`);
});

test('an environment is drawn where a call uses it, whatever the call is named', () => {
  const inputs = { region: { ref: '@/environment/eu#attributes/region' } };
  const phases = [
    {
      name: 'plan',
      items: [
        { key: 'task/in-eu', inputs, gates: [] },
        { key: 'task/xxeu', inputs, gates: [] },
      ],
    },
  ];
  const text = mermaidOf(ref, { ...plan, phases });
  expect(text).toContain('input1 -.->|"region"| item1');
  expect(text).toContain('input1 -.->|"region"| item2');
});

test('a release also says how each item stands', () => {
  const started = { by: 'ann', at: '2026-11-27T12:00:00Z', run: 'test' };
  const run = (item: string, does: Run['does'], status: Run['status'], number: number): Run => ({
    item,
    does,
    status,
    number,
    why: 'release',
    inputs: {},
    started,
  });
  const text = mermaidOf(ref, plan, [
    run('task/build', 'call', 'complete', 1),
    run('deploy/eu', 'up', 'lost', 1),
    run('deploy/eu', 'up', 'running', 2),
  ]);
  expect(text).toContain('item1["task/build<br/>complete"]');
  expect(text).toContain('item2["deploy/eu<br/>up running"]');
  expect(text).toContain('item3["deploy/us<br/>gates: soak, approval"]');
});

test('names are drawn without what controls a terminal', () => {
  const phases = [{ name: '\u001b]0;owned\u0007\u009b2Jbuild', items: [] }];
  expect(mermaidOf(ref, { ...plan, phases })).toContain('subgraph phase1["1. 2Jbuild"]');
});
