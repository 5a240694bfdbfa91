import type { Advice } from '../../systems/git/failure.js';

/** The store has no options of its own for credentials: git uses those of the user. */
export const advice: Advice = {
  credentials:
    'give git access to it: a credential helper or ~/.git-credentials for https, a key that needs no passphrase or an agent for ssh',
  certificate: 'make git trust it: git config --global http.sslCAInfo FILE',
  protectedBranch: 'allow these credentials to push to the branch, or choose another one: --store=git:URL#BRANCH',
  diskFull: 'free some space in the temporary directory, or set TMPDIR to another one',
};
