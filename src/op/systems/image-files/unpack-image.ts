import { mkdir, rm } from 'node:fs/promises';
import type { Context } from '../../context.js';
import { mustRun } from '../../kit/process/run.js';
import { exportImage, type RegistryAccess, readConfig } from '../registry/crane.js';
import { formatReference, type Reference } from '../registry/reference.js';

/** The architecture of this machine, as images name it. */
export const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
const platform = `linux/${architecture}`;

/**
 * Unpacks the file system of an image, or some paths of it, into a new directory. All files belong to the user that runs op.
 * @throws OpError (tool)
 */
export async function unpackImage(
  context: Context,
  access: RegistryAccess,
  image: Reference,
  to: string,
  paths: readonly string[] = [],
): Promise<void> {
  const archive = `${to}.tar`;
  try {
    await exportImage(context, access, image, { platform, file: archive });
    await mkdir(to, { recursive: true });
    const flags = ['--extract', `--file=${archive}`, `--directory=${to}`, '--no-same-owner', '--same-permissions'];
    // Only root can create devices, and no image needs them here.
    const command = { program: 'tar', args: [...flags, '--exclude=dev/*', ...paths] };
    const failing = {
      what: `cannot unpack ${formatReference(image)}`,
      hint: 'check the free space on the disk',
    };
    await mustRun(context, command, failing);
  } finally {
    await rm(archive, { force: true });
  }
}

/** The `config` of an image. @throws OpError (tool) */
export const imageConfig = (context: Context, access: RegistryAccess, image: Reference): Promise<string> =>
  readConfig(context, access, image, platform);
