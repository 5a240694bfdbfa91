import { namesShown } from '../../kit/files/names-shown.js';
import type { GitUrl } from './url.js';

/**
 * What there is of credentials, for the error of a server that refuses them: the names of files, which are the keys of a Secret, and the hosts
 * in those that list hosts. Never a user or a secret.
 */
export function describeCredentials(directory: string, files: ReadonlyMap<string, string>, url: GitUrl): string {
  const stored = files.get('.git-credentials');
  const known = files.get('known_hosts');
  return [
    `${directory} has ${namesShown(files.keys())}`,
    ...(stored === undefined ? [] : [hostsOf('.git-credentials', hostsStored(stored), url)]),
    ...(known === undefined ? [] : [hostsOf('known_hosts', hostsKnown(known), url)]),
  ].join('; ');
}

function hostsOf(file: string, hosts: readonly string[], { host }: GitUrl): string {
  const all = [...new Set(hosts)];
  const named = `${file} names ${namesShown(all)}`;
  return all.includes(host) || all.includes(hashed) ? named : `${named}, not ${host}`;
}

/** Source of the format: git-credential-store(1), "STORAGE FORMAT". */
const hostsStored = (lines: string): readonly string[] =>
  lines.split(/\r?\n/u).flatMap((line) => /^[a-z]+:\/\/(?:[^/]*@)?([^/@\s]+)/iu.exec(line)?.[1] ?? []);

const hashed = 'hashed names';

/** Source of the format: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
const hostsKnown = (lines: string): readonly string[] =>
  lines
    .split(/\r?\n/u)
    .filter((line) => /^[^#\s]/u.test(line))
    .flatMap((line) => (line.replace(/^@\S+\s+/u, '').split(/\s/u)[0] ?? '').split(','))
    .map((name) => (name.startsWith('|') ? hashed : name.replace(/^\[(.*)\]:22$|^\[(.*)\](:\d+)$/u, '$1$2$3')));
