import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { toolError } from '../../kit/errors/op-error.js';

/** More than any file that op reads from there needs. */
const longest = 16 * 1024 * 1024;

/**
 * Reads a file in a directory that the code of buildpacks can write to: never through a symbolic link, which could lead to what only
 * op may see, and never from a pipe.
 * @returns undefined when there is no such file
 * @throws OpError (tool) when it is anything but a file of a sensible size
 */
export async function readShared(path: string): Promise<string | undefined> {
  let handle: Awaited<ReturnType<typeof open>> | undefined;
  try {
    if ((await realpath(path)) !== path) throw tampered(path, 'a symbolic link leads to it');
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (!found.isFile()) throw tampered(path, 'it is not a file');
    if (found.size > longest) throw tampered(path, `it has ${found.size} bytes`);
    return await handle.readFile('utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  } finally {
    await handle?.close();
  }
}

const tampered = (path: string, why: string) =>
  toolError({
    what: `${path} is not what the builder should have written`,
    why,
    hint: 'look at what the buildpacks of this builder, and the build of the application, do to it',
  });
