import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import type { AccessFlags } from './access-options.js';
import { type CredentialScope, prepareBasicAuth } from './basic-auth.js';
import { prepareCertificates } from './certificates.js';
import { readCredentialFiles } from './credential-files.js';
import { describeCredentials } from './given-credentials.js';
import { prepareSsh } from './ssh.js';
import type { GitUrl } from './url.js';

/** How git reaches a repository: an environment that points at private files, so that no secret is in an argv or in .git/config. */
export interface GitAccess extends AsyncDisposable {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A private directory outside any repository. */
  readonly home: string;
  /** What was given of credentials, for an error about them; undefined for none. */
  readonly given?: string | undefined;
  readonly dispose: () => Promise<void>;
}

/**
 * Prepares it from the flags.
 * @param scope of the user and the password of `basicAuth`; an ssh key cannot be limited
 * @throws OpError (input) when credentials are incomplete
 */
export async function prepareAccess(
  context: Context,
  url: GitUrl,
  flags: AccessFlags,
  scope: CredentialScope = 'repository',
): Promise<GitAccess> {
  const { path: home, dispose } = await makePrivateDirectory(context, 'git');
  try {
    const { basicAuth, sshDirectory, sslCaDirectory } = flags;
    const own = basicAuth === undefined ? usersConfig(context) : await prepareBasicAuth(basicAuth, url, home, scope);
    if (basicAuth !== undefined && url.transport === 'http') {
      context.log.warn(`the password is sent to ${url.host} over http://, without encryption`);
    }
    if (!flags.sslVerify) context.log.warn(`the certificate of ${url.host} is not checked (--ssl-verify=false)`);
    const user =
      url.user === undefined
        ? []
        : [`[credential "${url.transport}://${url.host}"]`, `\tusername = ${quoted(url.user)}`];
    const config = [...own, ...user, '[http]', `\tsslVerify = ${flags.sslVerify}`, ...settings, ''];
    await writeFile(join(home, 'gitconfig'), config.join('\n'), { mode: 0o600 });
    const ssh = await prepareSsh(sshDirectory, home, flags.acceptNewHostKeys);
    const env = {
      ...withoutGit(context.env),
      // The user's own ssh command applies unless credentials are given here.
      GIT_SSH_COMMAND: (sshDirectory === undefined && context.env.GIT_SSH_COMMAND) || ssh,
      GIT_CONFIG_GLOBAL: join(home, 'gitconfig'),
      ...(basicAuth === undefined ? {} : { HOME: home }),
      ...(sslCaDirectory === undefined
        ? {}
        : { GIT_SSL_CAINFO: await prepareCertificates(sslCaDirectory, flags.sslCaFile, home) }),
      ...proxies(flags),
      ...always,
    };
    const given = (await Promise.all([basicAuth, sshDirectory].map((one) => describe(one, url)))).filter(Boolean);
    return { env, home, given: given.join('\n') || undefined, dispose, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const describe = async (directory: string | undefined, url: GitUrl): Promise<string | undefined> =>
  directory === undefined ? undefined : describeCredentials(directory, await readCredentialFiles(directory), url);

/** The user's own configuration, which may set a credential helper; a pod has none. */
function usersConfig({ env }: Context): readonly string[] {
  const home = env.HOME || homedir();
  const paths = env.GIT_CONFIG_GLOBAL
    ? [env.GIT_CONFIG_GLOBAL]
    : [join(env.XDG_CONFIG_HOME || join(home, '.config'), 'git/config'), join(home, '.gitconfig')];
  return paths.filter((path) => existsSync(path)).flatMap((path) => ['[include]', `\tpath = ${quoted(path)}`]);
}

/** Git's own quoting of values. Source: git-config(1), "Syntax". */
const quoted = (value: string) => `"${value.replace(/["\\]/gu, '\\$&').replace(/[\r\n]/gu, '')}"`;

/** Workspaces belong to other users, and nothing that a repository configures may run. */
const settings = [
  '[safe]',
  '\tdirectory = *',
  '[advice]',
  '\tdetachedHead = false',
  '[log]',
  '\tshowSignature = false',
];

/** Variables in op's environment, such as GIT_DIR or GIT_CONFIG_COUNT, would change what git does. */
const withoutGit = (env: Context['env']): Record<string, undefined> =>
  Object.fromEntries(Object.keys(env).flatMap((name) => (name.startsWith('GIT_') ? [[name, undefined]] : [])));

const always = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '',
  SSH_ASKPASS: '',
  // For submodules too: overrides all configuration of protocols. Source: git(1), GIT_ALLOW_PROTOCOL.
  GIT_ALLOW_PROTOCOL: 'https:http:ssh:git',
  GIT_NO_REPLACE_OBJECTS: '1',
  LC_ALL: 'C',
  LANGUAGE: undefined,
};

function proxies({ httpProxy, httpsProxy, noProxy }: AccessFlags): Record<string, string> {
  const given = { http_proxy: httpProxy, https_proxy: httpsProxy, no_proxy: noProxy };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [
            [name, value],
            [name.toUpperCase(), value],
          ],
    ),
  );
}
