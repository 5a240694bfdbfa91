import { describe, expect, it } from 'vitest';
import { paramsNamed } from './params-of-tasks.js';

describe('what a pod says after a message that names flags', () => {
  it.each<readonly [command: string, text: string, says: string | undefined]>([
    ['build-push', 'allow more with --timeout', 'in a Task: the param build-timeout for --timeout'],
    ['git-clone', 'or increase --timeout', 'in a Task: the param clone-timeout for --timeout'],
    ['promote-image', 'or increase --timeout', 'in a Task: the param promotion-timeout for --timeout'],
    ['promote-image', 'or give --overwrite if it may', 'in a Task: the param overwrite'],
    ['promote-image', '--referrers=false', 'in a Task: the param referrers'],
    [
      'build-push',
      'name it with --directory and its file with --skaffold-file; --directory',
      'in a Task: the param directory, the param skaffold-file',
    ],
    ['push', '--default-repo HOST/PATH', 'in a Task: the param repository for --default-repo'],
    // Flags without a param, of other programs, and words with dashes in them.
    ['promote-image', 'give --jobs', undefined],
    ['build-push', 'git add --renormalize .', undefined],
    ['build-push', 'see x--timeout and --timeouts', undefined],
    ['mirror', '--timeout', undefined],
    ['constructor', '--timeout', undefined],
    ['build-push', '--constructor', undefined],
  ])('%s: %s', (command, text, says) => expect(paramsNamed(command, text)).toBe(says));
});
