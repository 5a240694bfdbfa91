import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../kit/errors/op-error.js';
import { namesShown } from '../../kit/files/names-shown.js';
import { readCredentialFiles } from './credential-files.js';
import type { GitUrl } from './url.js';

/** The repositories that a credential serves: only the one of the URL, or all that the server has. */
export type CredentialScope = 'repository' | 'host';

/**
 * Puts user and password where git's own credential store finds them: in `.git-credentials` of a private home.
 * Accepts a `kubernetes.io/basic-auth` Secret (`username`, `password`), whose password is sent only to the host of `url`, or Tekton's
 * convention of `.git-credentials` with an optional `.gitconfig`. With the scope `repository`, a line of `.git-credentials` serves the
 * repository that it names; one that names only a host serves `url`. What a `.gitconfig` sets otherwise, such as a header, is not limited.
 * @returns lines for git's configuration
 * @throws OpError (input) when it is neither
 */
export async function prepareBasicAuth(
  directory: string,
  url: GitUrl,
  home: string,
  scope: CredentialScope,
): Promise<readonly string[]> {
  const files = await readCredentialFiles(directory);
  const config = files.get('.gitconfig');
  const included = config === undefined ? [] : await include(home, config);
  const given = files.get('.git-credentials') ?? fromSecret(directory, files, url);
  if (given === undefined && config === undefined) throw neither(directory, files, url);
  if (given !== undefined) {
    const credentials = scope === 'host' ? given : narrowed(given, url);
    await writeFile(join(home, '.git-credentials'), credentials, { mode: 0o600 });
  }
  // Source: gitcredentials(7), "useHttpPath".
  return [...included, '[credential]', '\thelper = store', ...(scope === 'host' ? [] : ['\tuseHttpPath = true'])];
}

/** A line of `.git-credentials`, and a URL without user, in parts. Source: git-credential-store(1), "STORAGE FORMAT". */
const storedLine = /^(?<scheme>https?):\/\/(?<login>[^/@]*@)?(?<host>[^/@]+)\/*(?<path>.*?)\/*$/iu;

/**
 * Gives every line the path of a repository: git's store then uses it for this repository alone. Servers take the same repository with and
 * without `.git`, and some redirect from one to the other.
 */
function narrowed(lines: string, url: GitUrl): string {
  const own = storedLine.exec(url.clean)?.groups;
  const all = lines.split(/\r?\n/u).flatMap((line) => {
    const { scheme, login = '', host, path = '' } = storedLine.exec(line)?.groups ?? {};
    const isOwn = own !== undefined && scheme === own.scheme && (host === own.host || host === url.host);
    const served = path !== '' ? { host, path } : isOwn ? own : undefined;
    if (served?.path === undefined || served.path === '') return [];
    const plain = served.path.replace(/\.git$/u, '');
    return [plain, `${plain}.git`].map((one) => `${scheme}://${login}${served.host}/${one}\n`);
  });
  return all.join('');
}

async function include(home: string, config: string): Promise<readonly string[]> {
  await writeFile(join(home, 'workspace.gitconfig'), config, { mode: 0o600 });
  return ['[include]', '\tpath = workspace.gitconfig'];
}

/** Source of the format: git-credential-store(1), "STORAGE FORMAT". */
function fromSecret(directory: string, files: ReadonlyMap<string, string>, url: GitUrl): string | undefined {
  const password = files.get('password')?.replace(/\r?\n$/u, '');
  if (password === undefined) return undefined;
  const user = files.get('username')?.replace(/\r?\n$/u, '') ?? url.user;
  if (url.transport !== 'http' && url.transport !== 'https') return undefined;
  if (password === '' || user === undefined || user === '') {
    throw inputError({
      what: `the credentials in ${directory} are incomplete`,
      why:
        password === ''
          ? 'password is empty'
          : `it has a password but no username: its keys are ${namesShown(files.keys())}`,
      hint: 'create the Secret with both; for a token, most servers accept any username',
    });
  }
  return `${url.transport}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${url.host}\n`;
}

const neither = (directory: string, files: ReadonlyMap<string, string>, { clean }: GitUrl) =>
  inputError({
    what: `${directory} has no credentials for git`,
    why: files.has('password')
      ? `it has ${namesShown(files.keys())}: a password works with http(s) URLs only, and this is ${clean}`
      : `it has neither username and password, nor .git-credentials, nor .gitconfig, but ${namesShown(files.keys())}`,
    hint: 'bind a Secret of type kubernetes.io/basic-auth to the workspace basic-auth, or leave it unbound',
  });
