import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { inputError } from '../../kit/errors/op-error.js';

/**
 * A volume in docker's `-v` syntax: a path on this machine (`./public`, `~/data`, `/srv`) becomes absolute, a single word is the name of
 * a volume.
 * @throws OpError (input) for a path that does not exist: docker would create a directory owned by root in its place
 */
export async function toVolume(directory: string, text: string, origin: string): Promise<string> {
  const colon = text.indexOf(':');
  const source = colon < 0 ? '' : text.slice(0, colon);
  const rest = text.slice(colon + 1);
  if (colon < 0 ? !text.startsWith('/') : source === '' || !rest.startsWith('/')) {
    throw inputError({
      what: `"${text}" (${origin}) is not a valid volume`,
      why: 'volumes are written SOURCE:PATH[:ro], where PATH is the absolute path in the container',
      hint: 'write, for example, "./public:/app/public"',
    });
  }
  if (colon < 0 || !/^[./~]|\//u.test(source)) return text;
  const path = resolve(directory, source.replace(/^~(?=\/|$)/u, homedir()));
  await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw inputError({
      what: `cannot mount ${source} (${origin})`,
      why: cause.code === 'ENOENT' ? `${path} does not exist` : cause.message,
      hint: `create it first, for a directory: mkdir -p ${source}`,
      cause,
    });
  });
  return `${path}:${rest}`;
}
