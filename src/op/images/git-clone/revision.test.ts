import { expect, test } from 'vitest';
import { OpError } from '../../kit/errors/op-error.js';
import { findRef, type Remote } from '../../systems/git/remote.js';
import { parseGitUrl } from '../../systems/git/url.js';
import { findRevision, parseRefspecs, parseRevision } from './revision.js';

const [reviewed, pushed] = ['a'.repeat(40), 'b'.repeat(40)];
const remoteOf = (refs: Readonly<Record<string, string>>): Remote => ({
  refs: new Map(Object.entries(refs)),
  defaultBranch: 'refs/heads/main',
});
const url = parseGitUrl('https://git.example.com/shop.git');
/** The commit, or what is said instead. */
function found(remote: Remote, revision: string, refspecs = ''): string | undefined {
  const request = { revision: parseRevision(revision), refspecs: parseRefspecs(refspecs), url };
  return said(() => findRevision(remote, request).commit);
}
function said(find: () => string | undefined): string | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof OpError) return `${error.kind}: ${error.message}: ${error.why}`;
    throw error;
  }
}

test('a full name is that ref and no other, whatever tags are named like it', () => {
  const tags = { 'refs/tags/refs/heads/main': pushed, 'refs/refs/heads/main': pushed };
  expect(found(remoteOf({ 'refs/heads/main': reviewed, ...tags }), 'refs/heads/main')).toBe(reviewed);
  expect(found(remoteOf(tags), 'refs/heads/main')).toMatch(/^input: .* has no revision "refs\/heads\/main"/u);
});

test.each(['refs/tags/main', 'refs/main'])('a branch that %s is named like, at another commit, is refused', (ref) => {
  const remote = remoteOf({ 'refs/heads/main': reviewed, [ref]: pushed });
  const refused = `refused: https://git.example.com/shop.git has two revisions "main": ${ref} and refs/heads/main have different commits`;
  expect(found(remote, 'main')).toBe(refused);
  expect(said(() => findRef(remote, 'main', url.clean)?.commit)).toBe(refused);
  expect(found(remoteOf({ 'refs/heads/main': reviewed, [ref]: reviewed }), 'main')).toBe(reviewed);
});

test('HEAD and no revision are the default branch, not a tag of that name', () => {
  const remote = remoteOf({ HEAD: reviewed, 'refs/heads/main': reviewed, 'refs/tags/HEAD': pushed });
  expect([found(remote, 'HEAD'), found(remote, '')]).toEqual([reviewed, reviewed]);
});

test.each([
  'refs/pull/7/head:refs/heads/pull-7',
  'refs/pull/7/head:pull-7',
  '+refs/pull/*/head:refs/remotes/origin/pull-*',
])('a tag does not take the place of what the refspec %s stores', (refspec) => {
  const pull = { 'refs/heads/main': reviewed, 'refs/pull/7/head': reviewed };
  expect(found(remoteOf({ ...pull, 'refs/tags/pull-7': pushed }), 'pull-7', refspec)).toContain(
    'refs/tags/pull-7 and refs/pull/7/head have different commits',
  );
  expect(found(remoteOf({ ...pull, 'refs/tags/pull-7': reviewed }), 'pull-7', refspec)).toBe(reviewed);
  // It is there only when the refspec has been fetched.
  expect(found(remoteOf(pull), 'pull-7', refspec)).toBeUndefined();
});

test('a refspec whose source is a name of two commits is refused', () => {
  const remote = remoteOf({ 'refs/heads/main': reviewed, 'refs/tags/main': pushed });
  expect(found(remote, 'mine', 'main:refs/heads/mine')).toContain('refs/tags/main and refs/heads/main');
});
