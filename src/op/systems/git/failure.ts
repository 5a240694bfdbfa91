import { type Explanation, inputError, type OpError, refusedError, toolError } from '../../kit/errors/op-error.js';
import { oneLine, printable } from '../../kit/log/printable.js';
import { type Ended, failureOf } from '../../kit/process/run.js';

interface Known {
  readonly pattern: RegExp;
  readonly make: (explanation: Explanation) => OpError;
  readonly why: string;
  readonly hint: string;
}

const credentials = 'bind a Secret with access to it to the workspace basic-auth (https) or ssh-directory (ssh)';

/** What git, curl and ssh say, and what it means. The first that fits counts. Quoted from git 2.39, curl 7.88 and OpenSSH 9.2. */
const known: readonly Known[] = [
  {
    pattern: /transport '(.*)' not allowed/u,
    make: refusedError,
    why: 'it wants a kind of URL that op does not use, such as ext:: (runs programs) or file: (reads this machine)',
    hint: 'use https or ssh URLs, in .gitmodules too, or leave submodules out with --submodules=false',
  },
  {
    pattern: /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/u,
    make: toolError,
    why: 'the host key of the server is not the one in known_hosts, or there is none',
    hint: 'compare with the keys that the server publishes, then add the output of ssh-keyscan to known_hosts',
  },
  {
    pattern:
      /protected branch|(?:pre-receive |update )?hook declined|GH00[0-9]|not allowed to push|prohibited by Gerrit|hidden ref/iu,
    make: toolError,
    why: 'the server does not take this push: the branch is protected, or a hook of the server said no',
    hint: 'let the user of these credentials push to the branch, or give a --branch that is open and merge it there',
  },
  {
    pattern: /branch is currently checked out/u,
    make: toolError,
    why: 'that repository has a working copy of the branch, and a push would change it',
    hint: 'push to a bare repository (git init --bare)',
  },
  {
    pattern: /returned error: 403|Permission to .* denied|(?:push|write) access/iu,
    make: toolError,
    why: 'the server refused the credentials: they do not allow this (a push needs the right to write), or there are none',
    hint: credentials,
  },
  {
    pattern:
      /Permission denied \(|Authentication failed|could not read (?:Username|Password)|returned error: 401|Access denied|invalid format|incorrect passphrase/u,
    make: toolError,
    why: 'the server refused the credentials, or wants some and none were given',
    hint: credentials,
  },
  {
    pattern: /SSL certificate problem|server certificate verification failed|certificate/iu,
    make: toolError,
    why: 'the certificate of the server is not trusted',
    hint: 'bind the certificate authority to the workspace ssl-ca-directory as ca-bundle.crt',
  },
  {
    pattern: /Could not resolve (?:host|proxy)/iu,
    make: toolError,
    why: 'the name of the host is not known to DNS',
    hint: 'check the URL, and from a pod of this namespace, whether the name resolves',
  },
  {
    pattern: /No space left on device|Disk quota exceeded/u,
    make: toolError,
    why: 'the disk is full',
    hint: 'use a larger volume for the workspace, or --depth=1',
  },
  {
    pattern:
      /repository '.*' not found|Repository not found|not appear to be a git repository|returned error: 404|repository not exported/iu,
    make: inputError,
    why: 'there is no such repository at that URL, or it is hidden from these credentials',
    hint: `check the URL; if it is private, ${credentials}`,
  },
  {
    pattern: /couldn't find remote ref|not our ref|no such ref was fetched/iu,
    make: inputError,
    why: 'the repository does not have it (any more)',
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

/** Whether a second try can help. */
export const isTransient = (stderr: string) => transient.test(stderr);

/** The error for a git that failed to `doing`: a known reason in words, and git's own last words. */
export function failureOfGit(doing: string, url: string, ended: Ended): OpError {
  const what = `git failed to ${doing} of ${url}`;
  const hint = 'run it again with --debug to see each call of git';
  if (ended.ended === 'missing') return failureOf({ program: 'git', args: [] }, ended, { what, hint });
  const said = wordsOf(ended.stderr);
  const found = known.find(({ pattern }) => pattern.test(ended.stderr));
  if (found === undefined) return toolError({ what, why: `git said: ${said}`, hint });
  return found.make({ what, why: `${found.why} (git said: ${said})`, hint: found.hint });
}

/** The lines that carry the reason, not the progress and not the advice around them. */
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
