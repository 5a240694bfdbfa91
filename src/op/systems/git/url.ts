import { inputError } from '../../kit/errors/op-error.js';

/** The URL of a repository, in parts. */
export interface GitUrl {
  readonly transport: 'http' | 'https' | 'ssh' | 'git';
  /** What git gets, .git/config keeps and op prints; without the user of an http URL. */
  readonly clean: string;
  /** Host and port, by which credentials are looked up. */
  readonly host: string;
  /** The user in an http URL: some servers require one (Azure DevOps), others accept a token there. */
  readonly user: string | undefined;
}

const transports = ['http', 'https', 'ssh', 'git'] as const;
const isTransport = (scheme: string): scheme is GitUrl['transport'] => transports.some((known) => known === scheme);

/** `user@host:path`. Source: git-fetch(1), "GIT URLS". */
const scpLike =
  /^(?:(?<user>[\p{L}\p{N}_.+][\p{L}\p{N}_.+-]*)@)?(?<host>[\p{L}\p{N}_][\p{L}\p{N}_.-]*|\[[0-9a-f:]+\]):(?<path>[^-:].*)$/iu;

/**
 * Reads the URL of a repository: https, http, ssh, git, or `user@host:path`.
 * Everything else is refused: git would read local paths and `file:` from the pod, run programs for `ext::`, and take a leading
 * `-` for an option.
 * @throws OpError (input)
 */
export function parseGitUrl(text: string): GitUrl {
  const refuse = (why: string) =>
    inputError({
      what: `"${shown(text)}" is not a repository URL that op accepts`,
      why,
      hint: 'give a URL such as https://host/group/repository.git or git@host:group/repository.git',
    });
  if (text === '') throw refuse('it is empty');
  if (text.length > 2048) throw refuse(`it has ${text.length} characters, and the limit is 2048`);
  if (/[\s\p{Cc}\p{Cf}]/u.test(text)) throw refuse('it has a space, a line break or another invisible character');
  if (text.startsWith('-')) throw refuse('it starts with "-", and git would take it for an option');
  if (text.includes('\\')) throw refuse('it has a backslash, which git and other programs read differently');
  if (/^[\w+.-]+::/u.test(text)) throw refuse('it names a helper program ("::"), which could run code');
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//iu.exec(text)?.[1]?.toLowerCase();
  return scheme === undefined ? fromScp(text, refuse) : fromScheme(text, scheme, refuse);
}

function fromScheme(text: string, scheme: string, refuse: (why: string) => Error): GitUrl {
  if (!isTransport(scheme)) throw refuse(`op does not use ${scheme}://, only ${transports.join(', ')}`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // URL does not normalize the host of `git:` and `ssh:`.
  if (!url || url.hostname === '' || url.hostname.startsWith('-')) throw refuse('it has no valid host');
  if (url.username.startsWith('-') || url.username.startsWith('%2D')) throw refuse('its user starts with "-"');
  if (url.pathname === '' || url.pathname === '/') throw refuse('it has a host but no repository');
  if (/[?#]/u.test(text)) throw refuse('it has a query or a fragment ("?" or "#")');
  if (url.password !== '') {
    throw inputError({
      what: `the URL ${shown(text)} contains a password`,
      why: 'anyone who can read the run can read its params, and its logs keep them',
      hint: 'put the password into a Secret, bind it to the workspace basic-auth, and remove it from the URL',
    });
  }
  if (/%(?![0-9a-f]{2})/iu.test(url.username))
    throw refuse('its user has a "%" that is not followed by two hex digits');
  if (scheme !== 'http' && scheme !== 'https')
    return { transport: scheme, clean: text, host: url.host, user: undefined };
  const user = url.username === '' ? undefined : decodeURIComponent(url.username);
  return { transport: scheme, clean: text.replace(/^([^/]*\/\/)[^/]*@/u, '$1'), host: url.host, user };
}

function fromScp(text: string, refuse: (why: string) => Error): GitUrl {
  const { host } = scpLike.exec(text)?.groups ?? {};
  if (host === undefined) throw refuse('it is a local path, or incomplete');
  return { transport: 'ssh', clean: text, host, user: undefined };
}

/** For messages: without the user of an http URL, passwords and control characters, and shortened. */
const shown = (text: string) => {
  const visible = text
    .replace(/[\p{Cc}\p{Cf}]/gu, '?')
    .replace(/^((?!ssh:)[^/]*:\/\/)[^/]*@/iu, '$1')
    .replace(/:[^/@]*@/u, '@');
  return visible.length > 120 ? `${visible.slice(0, 119)}…` : visible;
};
