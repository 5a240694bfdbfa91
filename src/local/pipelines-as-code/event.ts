import { usageError } from '../../op/kit/errors/op-error.js';
import type { Checkout } from '../remote/doors.js';

/** Reads `--event NAME=VALUE`. @throws OpError (usage) */
export function parseEvent(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      // A name may be an expression with "==" in it.
      const at = text.search(/(?<![=!<>])=(?!=)/u);
      if (at > 0) return [text.slice(0, at).trim(), text.slice(at + 1)] as const;
      throw usageError({
        what: `--event=${text} is not a value of an event`,
        why: 'it has no "="',
        hint: 'use --event NAME=VALUE, such as --event sender=jane',
      });
    }),
  );
}

/** What Pipelines-as-Code calls the Secret with the token of a Git server: here it is given by hand. */
const gitAuthSecret = 'pac-gitauth';

/**
 * The values of placeholders: what is given, and what a checkout tells. Without more, the event is the push of the branch that is
 * checked out. Source: makeStandardParamsFromEvent of pkg/customparams/standard.go, GetGitInfo of pkg/git.
 */
export function eventValues(
  checkout: Checkout | undefined,
  given: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const type = given.get('event_type') ?? given.get('event') ?? 'push';
  const event = given.get('event') ?? normalized(type);
  const { commit, branch, url = '' } = checkout ?? {};
  const repository = url === '' ? undefined : webUrl(url);
  const [owner, name] = repository === undefined ? [] : splitPath(repository);
  const push = event === 'push';
  const source = given.get('source_branch') ?? branch;
  const repoUrl = given.get('repo_url') ?? repository;
  const known: Readonly<Record<string, string | undefined>> = {
    revision: commit,
    repo_url: repository,
    repo_owner: owner,
    repo_name: name,
    source_branch: branch,
    // The checkout does not tell where a pull request comes from, and where it goes.
    target_branch: push ? source : undefined,
    source_url: push ? repoUrl : undefined,
    event,
    event_type: type,
    target_namespace: 'default',
    git_auth_secret: gitAuthSecret,
    git_tag: '',
    trigger_comment: '',
    pull_request_labels: '',
  };
  const defined = Object.entries(known).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  return new Map([...defined, ...given]);
}

/** `pull_request` for what the servers call it: `Merge Request`, `pull_request_target`. */
function normalized(type: string): string {
  if (/pull|merge/iu.test(type)) return 'pull_request';
  return type === 'incoming' ? 'incoming' : 'push';
}

/** The address of a repository in a browser. */
function webUrl(url: string): string {
  const https = url.replace(/^(?:ssh:\/\/)?git@([^/:]+)(?::\d+\/|[:/])/u, 'https://$1/');
  return https.replace(/\/+$/u, '').replace(/\.git$/u, '');
}

function splitPath(url: string): readonly [string, string] | [] {
  const parts = /^[a-z+]+:\/\/[^/]*\/(.+)$/iu.exec(url)?.[1]?.toLowerCase().split('/') ?? [];
  const name = parts.at(-1);
  return name === undefined || parts.length < 2 ? [] : [parts.slice(0, -1).join('/'), name];
}
