import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { bundle } from '../scripts/bundle.js';
import { atMostTimes, type Benchmark, interleave, took } from './measure.js';

/** Without the variables that make every node slower to start, so that only the programs are compared. */
const { NODE_EXTRA_CA_CERTS: _certificates, NODE_OPTIONS: _options, ...env } = process.env;

const node = (...args: string[]) =>
  took(() => execa(process.execPath, args, { env, extendEnv: false, stdin: 'ignore', stdout: 'ignore' }));

/** How long a fresh bundle of `op` takes to print its version: what every step of every Task costs before it does anything. */
export const startup: Benchmark = {
  name: 'startup',
  title: 'Starting op',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'bench-startup-'));
    try {
      const op = join(folder, 'op.cjs');
      const bytes = await bundle(op);
      const { ours, peer } = await interleave(25, {
        ours: () => node(op, '--version'),
        peer: () => node('-e', '0'),
      });
      const what = `op --version, one file of ${Math.round(bytes / 1000)} kB`;
      return [atMostTimes(what, { ...ours, label: 'node op.cjs --version' }, { ...peer, label: 'node -e 0' }, 1.6)];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
