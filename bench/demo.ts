import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { type Benchmark, interleave, took, within } from './measure.js';

const root = fileURLToPath(new URL('../', import.meta.url));

/** `npm run demo` in a fresh clone of the last commit, with nothing in any cache; its peer is the demo again, with what that has left. */
export const demo: Benchmark = {
  name: 'demo',
  title: 'The demo',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'bench-demo-'));
    try {
      const clone = join(folder, 'clone');
      await execa('git', ['clone', '--quiet', root, clone]);
      const empty = { XDG_CACHE_HOME: 'cache', XDG_STATE_HOME: 'state', GOCACHE: 'go-build', GOMODCACHE: 'go-modules' };
      const paths = Object.entries(empty).map(([name, path]) => [name, join(folder, path)]);
      const env = { ...Object.fromEntries(paths), npm_config_cache: join(folder, 'npm') };
      const npm = (...args: string[]) => took(() => execa('npm', args, { cwd: clone, env, stdin: 'ignore' }));
      const forget = async () => {
        // Go makes its modules read-only.
        await execa('chmod', ['-R', 'u+w', folder]);
        for (const [, path = ''] of paths) rmSync(path, { recursive: true, force: true });
      };
      await npm('ci');
      const { ours, peer } = await interleave(2, {
        ours: async () => {
          await forget();
          return npm('run', 'demo');
        },
        peer: () => npm('run', 'demo'),
      });
      return [
        within(
          'npm run demo after npm ci, with empty caches',
          { ...ours, label: 'the first time' },
          { ...peer, label: 'every other time' },
          60_000,
        ),
      ];
    } finally {
      await execa('chmod', ['-R', 'u+w', folder]);
      rmSync(folder, { recursive: true });
    }
  },
};
