import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../kit/errors/op-error.js';
import { namesShown } from '../../kit/files/names-shown.js';
import { readCredentialFiles } from './credential-files.js';

/** Never prompts, and notices within a minute that the server is gone. */
const always = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=15', '-o', 'ServerAliveInterval=15'];

/**
 * The ssh command line for git. With a directory (a `kubernetes.io/ssh-auth` Secret, or the files of a `.ssh` folder) ssh uses only its
 * files. They are copied to a private place, because ssh refuses keys that others can read.
 * @throws OpError (input) when it has no private key, or no known_hosts and new hosts are not accepted
 */
export async function prepareSsh(
  directory: string | undefined,
  home: string,
  acceptNewHosts: boolean,
): Promise<string> {
  const accept = acceptNewHosts ? ['-o', 'StrictHostKeyChecking=accept-new'] : [];
  if (directory === undefined) return shellWords(['ssh', ...always, ...accept]);
  const files = await readCredentialFiles(directory);
  const folder = join(home, 'ssh');
  await mkdir(folder, { mode: 0o700 });
  for (const [name, content] of files) {
    // Secrets often lack the last line break of a key, and ssh calls such a key "invalid".
    await writeFile(join(folder, name), isKey(content) ? `${content.trimEnd()}\n` : content, { mode: 0o600 });
  }
  const keys = [...files].filter(([, content]) => isKey(content)).map(([name]) => join(folder, name));
  if (keys.length === 0)
    throw missing(
      directory,
      `none of its files is a private key: it has ${namesShown(files.keys())}`,
      'ssh-privatekey',
    );
  if (!files.has('known_hosts') && !acceptNewHosts) {
    throw missing(
      directory,
      `without known_hosts, anyone could impersonate the git server: it has ${namesShown(files.keys())}`,
      'known_hosts (from ssh-keyscan)',
    );
  }
  return shellWords([
    'ssh',
    ...['-F', files.has('config') ? join(folder, 'config') : '/dev/null'],
    ...always,
    ...['-o', 'IdentitiesOnly=yes', ...keys.flatMap((key) => ['-i', key])],
    ...['-o', `UserKnownHostsFile="${join(folder, 'known_hosts')}"`, '-o', 'GlobalKnownHostsFile=/dev/null'],
    ...(files.has('known_hosts') ? ['-o', 'StrictHostKeyChecking=yes'] : accept),
  ]);
}

const isKey = (content: string) => /^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/mu.test(content);

/** Git hands GIT_SSH_COMMAND to a shell; the words are op's own and paths. */
const shellWords = (words: readonly string[]) =>
  words.map((word) => (/^[\w./=-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');

const missing = (directory: string, why: string, key: string) =>
  inputError({
    what: `${directory} cannot be used for ssh`,
    why,
    hint: `add the key ${key} to the Secret of the workspace ssh-directory${key.startsWith('known') ? ', or pass --accept-new-host-keys' : ''}`,
  });
