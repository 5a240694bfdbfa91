import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findTool, withTools } from '../tools.js';

const applets =
  'sh cat echo ls env sleep mkdir cp rm mv printf ln stat tee grep find id wc head tail chmod od sha256sum date';

/** An image of the project's tests: busybox of Debian's package busybox-static, a shell, and what a test adds. */
export interface BusyboxImage {
  /** Files besides busybox by their path; scripts become executable. */
  readonly files?: Readonly<Record<string, string>>;
  readonly entrypoint?: string;
  readonly platform?: string;
}

/** Packs the image and pushes it, with no daemon. @returns its digest */
export function pushBusybox(
  reference: string,
  { files = {}, entrypoint, platform = 'linux/amd64' }: BusyboxImage = {},
) {
  const busybox = findTool('busybox', process.env.PATH ?? '');
  if (busybox === undefined) throw new Error('busybox is missing: install busybox-static');
  const directory = mkdtempSync(join(tmpdir(), 'busybox-image-'));
  const crane = (...args: string[]) =>
    execFileSync('crane', args, {
      env: withTools(['crane']),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const root = join(directory, 'root');
    for (const name of ['bin', 'tmp', 'etc', 'run']) mkdirSync(join(root, name), { recursive: true });
    copyFileSync(busybox, join(root, 'bin/busybox'));
    for (const applet of applets.split(' ')) symlinkSync('busybox', join(root, 'bin', applet));
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
      if (content.startsWith('#!')) chmodSync(join(root, path), 0o755);
    }
    const layer = join(directory, 'layer.tar');
    execFileSync('tar', [
      '--sort=name',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '-C',
      root,
      '-cf',
      layer,
      '.',
    ]);
    crane('append', '--oci-empty-base', '-f', layer, '-t', reference);
    const start = entrypoint === undefined ? [] : [`--entrypoint=${entrypoint}`];
    crane('mutate', `--set-platform=${platform}`, ...start, '-t', reference, reference);
    return crane('digest', reference);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
