import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A git repository made for one test. */
export interface SampleRepository {
  readonly directory: string;
  /** Writes files, by path. */
  readonly write: (files: Readonly<Record<string, string>>) => Promise<void>;
  readonly git: (...args: string[]) => string;
  /** Commits all that there is and gives the commit. */
  readonly commit: (message?: string) => string;
  readonly remove: () => Promise<void>;
}

/** Packs the build context into an image with one layer and pushes it: no daemon, and the same digest each time. */
export const buildScript = `#!/bin/sh
set -eu
layer=$(mktemp)
trap 'rm -f "$layer"' EXIT
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$BUILD_CONTEXT" -cf "$layer" .
crane append --oci-empty-base -f "$layer" -t "$IMAGE"
`;

/** Two images, one with a slash in its name and built from the other, which stands after it. */
const twoImages = `apiVersion: skaffold/v4beta13
kind: Config
metadata:
  name: shop
build:
  artifacts:
    - image: team/app
      context: app
      requires:
        - image: base
      custom:
        buildCommand: ../build-image.sh
    - image: base
      context: base
      custom:
        buildCommand: ../build-image.sh
profiles:
  - name: staging
    build:
      tagPolicy:
        inputDigest: {}
`;

/** A repository with {@link twoImages}, one commit, and `files` over it. */
export async function makeSampleRepository(files: Readonly<Record<string, string>> = {}): Promise<SampleRepository> {
  const directory = await mkdtemp(join(tmpdir(), 'sample-'));
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', directory, '-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  const write: SampleRepository['write'] = async (contents) => {
    for (const [path, content] of Object.entries(contents)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), content);
      if (path.endsWith('.sh')) await chmod(join(directory, path), 0o755);
    }
  };
  const commit = (message = 'change') => {
    git('add', '--all');
    git('commit', '--quiet', '--allow-empty', `--message=${message}`);
    return git('rev-parse', 'HEAD');
  };
  git('init', '--quiet', '--initial-branch=main');
  await write({
    'skaffold.yaml': twoImages,
    'build-image.sh': buildScript,
    'app/hello.txt': 'hello\n',
    'base/base.txt': 'base\n',
    '.gitignore': 'build_result.json\n',
    ...files,
  });
  commit('first');
  return { directory, write, git, commit, remove: () => rm(directory, { recursive: true, force: true }) };
}
