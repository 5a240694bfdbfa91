import type { Git } from '../../systems/git/git.js';
import type { CommitMessage } from '../../systems/git/objects.js';

/** The author of commits: the person that git is configured for, else octopipeline. */
export async function readAuthor(git: Git): Promise<CommitMessage['author']> {
  const [name, email] = await Promise.all(['user.name', 'user.email'].map((key) => readSetting(git, key)));
  if (name && email) return { name, email };
  return { name: 'octopipeline', email: 'octopipeline@localhost' };
}

async function readSetting(git: Git, key: string): Promise<string> {
  const ended = await git.attempt(['config', '--get', key]);
  return ended.ended === 'ok' ? ended.stdout.trim() : '';
}
