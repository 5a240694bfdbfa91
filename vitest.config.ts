import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { testFiles } from './test/real-tools.js';

const { pure, withTools } = testFiles();

/** Examples import the package as its users do. */
const alias = {
  'octopipeline/release': join(import.meta.dirname, 'src/release.ts'),
  'octopipeline/testing': join(import.meta.dirname, 'src/testing.ts'),
  octopipeline: join(import.meta.dirname, 'src/index.ts'),
};

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      // Nothing but Node: seconds.
      {
        extends: true,
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
          globalSetup: ['test/op/bundles.ts', 'test/parity/global-setup.ts'],
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
          globalSetup: ['test/op/bundles.ts'],
          // Each file has a namespace of its own, and mostly waits for pods: two workers leave a third of two cores idle.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
          testTimeout: 900_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
