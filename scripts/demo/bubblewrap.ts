import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { findTool, toolsDirectory, withTools } from '../../test/tools.js';
import { packagesLike, unpackPackage } from './debian-package.js';

/**
 * Gets bubblewrap, which gives a step the paths that it has in a pod, and tries it out. Of a Debian package only the program is taken,
 * and kept for the next time.
 * @throws Error that says what to install or allow
 */
export async function getBubblewrap(env: NodeJS.ProcessEnv, progress: (text: string) => void): Promise<void> {
  if (process.platform !== 'linux') {
    throw new Error(
      'this needs Linux: the Task clone-build-push has fixed paths, which steps have in a mount namespace only',
    );
  }
  if (findTool('bwrap', withTools([], env).PATH ?? '') === undefined) {
    progress('getting bubblewrap');
    if (!(await unpackBubblewrap(toolsDirectory(env)))) {
      throw new Error(
        'install bubblewrap (bwrap) with the packages of your system: it is not here, and no package could be fetched',
      );
    }
  }
  const namespaces = ['--unshare-user', '--unshare-pid', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev'];
  const tried = await execa('bwrap', [...namespaces, 'true'], {
    env: withTools([], env),
    extendEnv: false,
    reject: false,
  });
  if (tried.exitCode === 0) return;
  throw new Error(
    `bubblewrap cannot make namespaces here: ${tried.stderr.trim() || tried.message}\n` +
      'in a container, allow them (docker run --privileged); on Ubuntu, install its package bubblewrap or start this as root',
  );
}

async function unpackBubblewrap(into: string): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'octopipeline-bubblewrap-'));
  try {
    const [name] = await packagesLike('bubblewrap');
    const unpacked = name && (await unpackPackage(name, folder));
    if (!unpacked) return false;
    await mkdir(into, { recursive: true });
    await copyFile(join(unpacked, 'usr/bin/bwrap'), join(into, 'bwrap.part'));
    await rename(join(into, 'bwrap.part'), join(into, 'bwrap'));
    return true;
  } catch {
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
