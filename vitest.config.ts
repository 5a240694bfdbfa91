import { defineConfig } from 'vitest/config';
import { testFiles } from './test/real-tools.js';

const { pure, withTools } = testFiles();

export default defineConfig({
  test: {
    projects: [
      // Nothing but Node: seconds.
      {
        test: {
          name: 'unit',
          include: [...pure],
          testTimeout: 30_000,
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'tools',
          include: [...withTools],
          globalSetup: ['test/parity/global-setup.ts'],
          // Most of them wait for other programs: as many workers as cores leave a core idle.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts', 'image/**/*.cluster.test.ts'],
          // Each file has a namespace of its own, and mostly waits for pods.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
