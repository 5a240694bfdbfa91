import { describe, expect, it } from 'vitest';
import { failureOfGit, isTransient, lacksCredentials } from './failure.js';

const ended = (stderr: string) => ({ ended: 'failed', exitCode: 128, stdout: '', stderr }) as const;
const whyOf = (stderr: string) => failureOfGit('fetch main', 'https://git.example/x.git', ended(stderr)).why;

/** Messages of git, curl and servers; NAME is what a user chose. Sources: git 2.39 (transport.c, remote-curl.c), GitHub, GitLab. */
const messages: readonly (readonly [why: string, stderr: string])[] = [
  ['does not have it', "fatal: couldn't find remote ref NAME"],
  ['does not have it', "fatal: couldn't find remote ref refs/heads/NAME"],
  [
    'repository not found',
    "remote: Repository not found.\nfatal: repository 'https://git.example/NAME.git/' not found",
  ],
  [
    'refused the credentials',
    "fatal: unable to access 'https://git.example/NAME/': The requested URL returned error: 403",
  ],
  ['refused the credentials', "fatal: Authentication failed for 'https://git.example/NAME.git/'"],
  ['refused the credentials', 'remote: Permission to team/NAME.git denied to robot.'],
  ['refused the credentials', 'git@git.example: Permission denied (publickey).'],
  ['rejected the push', ' ! [remote rejected] NAME -> NAME (protected branch hook declined)'],
  [
    'certificate of the server',
    "fatal: unable to access 'https://NAME.example/': SSL certificate problem: self-signed certificate",
  ],
  ['cannot resolve', "fatal: unable to access 'https://NAME.example/x/': Could not resolve host: NAME.example"],
  [
    'cannot be reached',
    "fatal: unable to access 'https://git.example/NAME/': Failed to connect to git.example port 443",
  ],
  ['does not allow', "fatal: transport 'file' not allowed"],
  ['git said: error: something else', 'error: something else about team/NAME'],
];
const words = [
  'main',
  'certificate',
  'access-denied',
  'not-found',
  'write',
  'hidden',
  '403',
  '503',
  'protected',
  'RPC',
];

describe('what git says', () => {
  it.each(words)('means the same for a name such as %s', (word) => {
    for (const [why, message] of messages) expect(whyOf(message.replaceAll('NAME', word))).toContain(why);
  });

  it('may be tried again only for what a server or a network does', () => {
    expect(isTransient("fatal: unable to access 'https://g/x/': The requested URL returned error: 503")).toBe(true);
    expect(isTransient("fatal: couldn't find remote ref refs/heads/early EOF")).toBe(false);
    expect(
      isTransient("fatal: unable to access 'https://g/Failed to connect/': The requested URL returned error: 403"),
    ).toBe(false);
  });

  it('asks for credentials only when the server does', () => {
    expect(lacksCredentials("fatal: couldn't find remote ref refs/heads/write access")).toBe(false);
    expect(lacksCredentials("fatal: unable to access 'https://g/x/': The requested URL returned error: 401")).toBe(
      true,
    );
  });
});
