import { type Explanation, inputError, type OpError, refusedError, toolError } from '../../kit/errors/op-error.js';
import { oneLine, printable } from '../../kit/log/printable.js';
import { withoutNames } from '../../kit/log/without-names.js';
import { type Ended, failureOf } from '../../kit/process/run.js';

interface Known {
  readonly pattern: RegExp;
  readonly make: (explanation: Explanation) => OpError;
  readonly why: string;
  readonly hint: string | ((advice: Advice) => string);
  /** What was given of credentials may be the reason. */
  readonly isAboutCredentials?: true;
}

/** What to do about a failure, where that depends on where the user gives URL and credentials. */
export interface Advice {
  readonly credentials: string;
  readonly certificate: string;
  readonly protectedBranch: string;
  readonly diskFull: string;
  /** What was given of credentials, for errors about them. */
  readonly given?: string | undefined;
}

/** For commands and Tasks with the options of `accessOptions`. */
export const withAccessOptions: Advice = {
  credentials: 'bind a Secret with access to it to the workspace basic-auth (https) or ssh-directory (ssh)',
  certificate: 'bind the certificate authority to the workspace ssl-ca-directory as ca-bundle.crt',
  protectedBranch:
    'allow the user of these credentials to push to the branch, or push to another one with --branch and merge it',
  diskFull: 'use a larger volume for the workspace, or --depth=1',
};

/** Messages of git, curl and ssh without names, and what they mean; the first match applies. Quoted from git 2.39, curl 7.88 and OpenSSH 9.2. */
const known: readonly Known[] = [
  {
    pattern: /transport … not allowed/u,
    make: refusedError,
    why: 'it uses a kind of URL that op does not allow, such as ext:: (runs programs) or file: (reads files of this machine)',
    hint: 'use https or ssh URLs, in .gitmodules too, or leave submodules out with --submodules=false',
  },
  {
    pattern: /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/u,
    make: toolError,
    why: 'the host key of the server does not match known_hosts, or is not in it',
    isAboutCredentials: true,
    hint: 'compare with the keys that the server publishes, then add the output of ssh-keyscan to known_hosts',
  },
  {
    pattern:
      /protected branch|(?:pre-receive |update )?hook declined|GH00[0-9]|not allowed to push|prohibited by Gerrit|hidden ref/iu,
    make: toolError,
    why: 'the server rejected the push: the branch is protected, or a hook on the server declined it',
    hint: ({ protectedBranch }) => protectedBranch,
  },
  {
    pattern: /exists; cannot create/u,
    make: toolError,
    why: 'the repository has a branch whose name is a folder of this name, or this name is a folder of its name',
    hint: 'choose another name for the branch',
  },
  {
    pattern: /branch is currently checked out/u,
    make: toolError,
    why: 'the branch is checked out in that repository, and a push would change its files',
    hint: 'push to a bare repository (git init --bare)',
  },
  {
    pattern: /returned error: 403|Permission to .* denied|(?:push|write) access/iu,
    make: toolError,
    why: 'the server refused the credentials: they do not allow this (a push needs write access), or none were given',
    isAboutCredentials: true,
    hint: ({ credentials }) => credentials,
  },
  {
    pattern:
      /Permission denied \(|Authentication failed|could not read (?:Username|Password)|returned error: 401|Access denied|invalid format|incorrect passphrase/u,
    make: toolError,
    why: 'the server refused the credentials, or requires some and none were given',
    isAboutCredentials: true,
    hint: ({ credentials }) => credentials,
  },
  {
    pattern: /SSL certificate problem|server certificate verification failed|\bcertificate\b/iu,
    make: toolError,
    why: 'the certificate of the server is not trusted',
    hint: ({ certificate }) => certificate,
  },
  {
    pattern: /Could not resolve (?:host|proxy)/iu,
    make: toolError,
    why: 'DNS cannot resolve the host name',
    hint: 'check the URL, and whether the name resolves in a pod of this namespace',
  },
  {
    pattern: /No space left on device|Disk quota exceeded/u,
    make: toolError,
    why: 'the disk is full',
    hint: ({ diskFull }) => diskFull,
  },
  {
    pattern:
      /repository … not found|Repository not found|not appear to be a git repository|returned error: 404|repository not exported/iu,
    make: inputError,
    why: 'repository not found at that URL, or not visible with these credentials',
    isAboutCredentials: true,
    hint: ({ credentials }) => `check the URL; if it is private, ${credentials}`,
  },
  {
    pattern: /couldn't find remote ref|not our ref|no such ref was fetched/iu,
    make: inputError,
    why: 'the repository does not have it, or no longer has it',
    hint: 'check revision and refspec with: git ls-remote URL',
  },
  {
    pattern:
      /Failed to connect|Couldn't connect|Connection (?:refused|timed out|reset)|No route to host|Network is unreachable|unable to connect/iu,
    make: toolError,
    why: 'the server cannot be reached',
    hint: 'check the URL and its port, the NetworkPolicy of this namespace, and the proxy settings',
  },
];

const transient =
  /Could not resolve host|Connection (?:refused|timed out|reset)|Failed to connect|Couldn't connect|Temporary failure|early EOF|RPC failed|unexpected disconnect|returned error: (?:429|5\d\d)|Empty reply/iu;

/** What git says, without names of branches, too: they are not in quotes everywhere. */
const wordsOnly = (stderr: string): string =>
  withoutNames(
    stderr
      .replace(/\b(remote ref|pathspec|refspec|Remote branch|host:|proxy:|connect to) [^\s']\S*/gu, '$1 …')
      .replace(/\S+ {1,3}-> {1,3}\S+/gu, '… -> …'),
  );

/** Whether a retry can help. */
export const isTransient = (stderr: string) => transient.test(wordsOnly(stderr));

/** Whether git failed because the server wants credentials, or wants others. */
export function lacksCredentials(stderr: string): boolean {
  const said = wordsOnly(stderr);
  const hint = known.find(({ pattern }) => pattern.test(said))?.hint;
  return typeof hint === 'function' && hint(withAccessOptions).includes(withAccessOptions.credentials);
}

/** The error for a git command that failed: the known reason, and git's own message. */
export function failureOfGit(doing: string, url: string, ended: Ended, advice: Advice = withAccessOptions): OpError {
  const what = `git failed to ${doing} of ${url}`;
  const hint = 'run it again with --debug to see each call of git';
  if (ended.ended === 'missing') return failureOf({ program: 'git', args: [] }, ended, { what, hint });
  const said = wordsOf(ended.stderr);
  const plain = wordsOnly(ended.stderr);
  const found = known.find(({ pattern }) => pattern.test(plain));
  if (found === undefined) return toolError({ what, why: `git said: ${said}`, hint });
  const given = found.isAboutCredentials && advice.given !== undefined ? `\n${advice.given}` : '';
  return found.make({
    what,
    why: `${found.why} (git said: ${said})${given}`,
    hint: typeof found.hint === 'string' ? found.hint : found.hint(advice),
  });
}

/** The lines with the reason, without progress and advice. */
function wordsOf(stderr: string): string {
  const lines = printable(stderr.replace(/\r/gu, '\n'))
    .split('\n')
    .map((line) => line.trim());
  const telling = lines.filter(
    (line) => /^(?:fatal|error|remote|ssh|kex|Host|Permission|Load key|.*@.*: )/u.test(line) && !/\d+%/u.test(line),
  );
  const words = (telling.length > 0 ? telling : lines.filter((line) => line !== '')).slice(0, 3).join('; ');
  return words === '' ? 'nothing' : oneLine(words, 400);
}
