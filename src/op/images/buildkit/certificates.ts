import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../kit/errors/op-error.js';

/** The files of mutual TLS, each under the name of BuildKit's documentation or that of a `kubernetes.io/tls` Secret. */
const files = [
  ['--tlscacert', 'the certificate authority', 'ca.pem', 'ca.crt'],
  ['--tlscert', 'the client certificate', 'cert.pem', 'tls.crt'],
  ['--tlskey', "the client's private key", 'key.pem', 'tls.key'],
] as const;

/**
 * The flags with which buildctl shows its certificate and checks the server's. Paths only: the key itself goes nowhere.
 * @throws OpError (input) for a file that is missing or cannot be read
 */
export async function certificateFlags(directory: string): Promise<readonly string[]> {
  const flags: string[] = [];
  for (const [flag, meaning, ...names] of files) {
    const paths = names.map((name) => join(directory, name));
    const problems = await Promise.all(
      paths.map((path) =>
        access(path, constants.R_OK).then(
          () => undefined,
          (cause: NodeJS.ErrnoException) => cause,
        ),
      ),
    );
    const found = paths[problems.indexOf(undefined)];
    if (found === undefined) throw missing(directory, meaning, names, problems);
    flags.push(flag, found);
  }
  return flags;
}

function missing(
  directory: string,
  meaning: string,
  names: readonly string[],
  problems: readonly (NodeJS.ErrnoException | undefined)[],
) {
  const other = problems.find((problem) => problem?.code !== 'ENOENT');
  return inputError({
    what: `${meaning} for BuildKit is not in ${directory}`,
    why: other?.message ?? `it has neither ${names.join(' nor ')}`,
    hint: 'name a directory with ca.pem, cert.pem and key.pem (or ca.crt, tls.crt, tls.key) with --buildkit-tls; in a Task bind the Secret',
  });
}
