import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,tasks,pipelines,optional,scripts,image,test}/**/*.test.ts'],
          exclude: ['test/cluster/**', 'image/**/*.cluster.test.ts'],
          // Most of them wait for other programs: as many workers as cores leave a core idle.
          maxWorkers: 3,
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
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
