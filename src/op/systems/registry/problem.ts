import { withoutNames } from '../../kit/log/without-names.js';
import { type Problem, problemOfAnswer } from './answers/problem-of-answer.js';
import { readAnswer } from './answers/read-answer.js';

/** What never reached a registry, or broke off. Source: the messages of Go's net and net/http, and of regclient. */
const connections: readonly (readonly [Problem, RegExp])[] = [
  [
    'unreachable',
    /\bconnection refused\b|\bno such host\b|\bserver misbehaving\b|\bnetwork is unreachable\b|\bno route to host\b|\bx509: |\btls: |\bHTTP response to HTTPS client\b|\bdial tcp[^\n]*i\/o timeout/iu,
  ],
  [
    'busy',
    /(?:retry|backoff) limit|broken pipe|connection reset|i\/o timeout|TLS handshake timeout|unexpected EOF|: EOF\b|\bshort read\b/u,
  ],
];

/** Finds the problem in the output of a tool that talked to a registry. */
export function problemIn(output: string): Problem {
  const last = output.split('\n').filter((line) => line.startsWith('Error:'));
  const text = last.length > 0 ? last.join('\n') : output;
  const answered = problemOfAnswer(readAnswer(text));
  if (answered !== undefined) return answered;
  const plain = withoutNames(text);
  return connections.find(([, sign]) => sign.test(plain))?.[0] ?? 'other';
}

const giveCredentials = (registry: string) =>
  `give credentials that may push to ${registry} with --dockerconfig DIR (in a Task: the workspace dockerconfig), or log in: crane auth login ${registry}`;

/** The registry whose refusal a hint is about; undefined for other hints. */
export function refusedBy(hint: string): string | undefined {
  const [, registry = ''] = /\bgive credentials that may push to (\S+) /u.exec(hint) ?? [];
  return hint.includes(giveCredentials(registry)) ? registry : undefined;
}

/** What the user can do about it. */
export function hintFor(problem: Problem, registry: string): string {
  switch (problem) {
    case 'refused':
      return giveCredentials(registry);
    case 'unreachable':
      return `check the name ${registry}, and that it is running; if it has no TLS, add it with --insecure-registry`;
    case 'read-only':
      return `${registry} is read-only: it is a mirror or under maintenance; use another repository, or try again later`;
    case 'no-referrers':
      return `${registry} does not keep what refers to an image: sign it there, and leave signatures and attestations behind`;
    case 'immutable':
      return `${registry} does not move this tag: build under a new tag, or allow changes of tags in the settings of the repository`;
    case 'full':
      return `the quota at ${registry} is used up: delete images that nothing needs, or have it raised, then run the same command again`;
    case 'too-large':
      return `${registry}, or a proxy in front of it, takes no layer of this size: raise its limit (nginx: client_max_body_size), or make the layer smaller`;
    case 'no-repository':
      return `${registry} does not create repositories (or projects) by itself: create this one, then run the same command again`;
    case 'proxy':
      return `check HTTPS_PROXY and HTTP_PROXY; if ${registry} is reached directly, name it in NO_PROXY`;
    case 'busy':
      return `${registry} is busy or limits requests: run the same command again later`;
    default:
      return `query ${registry} with: crane digest IMAGE, and run op doctor`;
  }
}
