import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { bundle } from '../scripts/bundle.js';
import { withTools } from '../test/tools.js';
import { atMostTimes, type Benchmark, interleave, took } from './measure.js';

const plain = `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: web
      context: web
    - image: api
      context: api
`;
// The profile is never active, but with it Skaffold has to read the file.
const asked = `${plain}profiles:\n  - name: never\n`;

/** What a build does before its first image, with a plain skaffold.yaml and with one that Skaffold has to read. */
export const plan: Benchmark = {
  name: 'plan',
  title: 'Planning a build of two images',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'bench-plan-'));
    const { NODE_EXTRA_CA_CERTS: _certificates, NODE_OPTIONS: _options, ...own } = process.env;
    const env = {
      ...own,
      PATH: withTools(['skaffold', 'git']).PATH,
      HOME: folder,
      DOCKER_HOST: 'unix:///nowhere',
      BUILDKIT_HOST: 'tcp://buildkit.test:1234',
    };
    try {
      const op = join(folder, 'op.cjs');
      await bundle(op);
      for (const image of ['web', 'api']) {
        mkdirSync(join(folder, 'repository', image), { recursive: true });
        writeFileSync(join(folder, 'repository', image, 'Dockerfile'), 'FROM scratch\n');
      }
      writeFileSync(join(folder, 'repository/plain.yaml'), plain);
      writeFileSync(join(folder, 'repository/asked.yaml'), asked);
      const cwd = join(folder, 'repository');
      const author = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com'];
      await execa('git', ['init', '--quiet'], { cwd });
      await execa('git', ['add', '--all'], { cwd });
      await execa('git', [...author, 'commit', '--quiet', '--message=bench'], { cwd });
      const planned = (file: string) =>
        took(() =>
          execa(process.execPath, [op, 'build', '--plan=json', `--filename=${file}`], { cwd, env, extendEnv: false }),
        );
      const { ours, peer } = await interleave(15, {
        ours: () => planned('plain.yaml'),
        peer: () => planned('asked.yaml'),
      });
      const what = 'op build --plan, whole process';
      return [
        atMostTimes(
          what,
          { ...ours, label: 'read by op' },
          { ...peer, label: 'the same with a profile: read by Skaffold' },
          0.8,
        ),
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
