import { inputError } from '../../kit/errors/op-error.js';

/** Where a repository is. */
export interface GitUrl {
  readonly transport: 'http' | 'https' | 'ssh' | 'git';
  /** What git is given, what stays in .git/config, and what is printed: for http without any user. */
  readonly clean: string;
  /** Host and port, as credentials are looked up by. */
  readonly host: string;
  /** The user in an http URL: some servers want one (Azure DevOps), others take a token there. */
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
      what: `"${shown(text)}" is not the URL of a repository that op clones`,
      why,
      hint: 'give a URL such as https://host/group/repository.git or git@host:group/repository.git',
    });
  if (text === '') throw refuse('it is empty');
  if (text.length > 2048) throw refuse(`it has ${text.length} characters, and at most 2048 make sense`);
  if (/[\s\p{Cc}\p{Cf}]/u.test(text)) throw refuse('it has a space, a line break or another invisible character');
  if (text.startsWith('-')) throw refuse('it starts with "-", and git would take it for an option');
  if (text.includes('\\')) throw refuse('it has a backslash, which git and others read differently');
  if (/^[\w+.-]+::/u.test(text)) throw refuse('it names a helper program ("::"), and these run code');
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//iu.exec(text)?.[1]?.toLowerCase();
  return scheme === undefined ? fromScp(text, refuse) : fromScheme(text, scheme, refuse);
}

function fromScheme(text: string, scheme: string, refuse: (why: string) => Error): GitUrl {
  if (!isTransport(scheme)) throw refuse(`op does not use ${scheme}:// (only ${transports.join(', ')})`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // `git:` and `ssh:` are not special to URL, so that it keeps the host as it is written.
  if (!url || url.hostname === '' || url.hostname.startsWith('-')) throw refuse('it has no valid host');
  if (url.username.startsWith('-') || url.username.startsWith('%2D')) throw refuse('its user starts with "-"');
  if (url.pathname === '' || url.pathname === '/') throw refuse('it names a host and no repository');
  if (/[?#]/u.test(text)) throw refuse('it has a query or a fragment ("?" or "#")');
  if (url.password !== '') {
    throw inputError({
      what: `the URL ${shown(text)} holds a password`,
      why: 'parameters of a run can be read by everybody who can read its objects, and stay in its logs',
      hint: 'put the password into a Secret, bind it to the workspace basic-auth, and take it out of the URL',
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
  if (host === undefined) throw refuse('it is a local path, or not complete');
  return { transport: 'ssh', clean: text, host, user: undefined };
}

/** For messages: without the user of an http URL or any password, without what could command a terminal, not too long. */
const shown = (text: string) => {
  const visible = text
    .replace(/[\p{Cc}\p{Cf}]/gu, '?')
    .replace(/^((?!ssh:)[^/]*:\/\/)[^/]*@/iu, '$1')
    .replace(/:[^/@]*@/u, '@');
  return visible.length > 120 ? `${visible.slice(0, 119)}…` : visible;
};
