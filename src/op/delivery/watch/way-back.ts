import { isInputDigest, objectIdIn } from '../../images/push/source-tags.js';
import { shellWord } from '../../kit/process/shell-word.js';
import { isCommit } from '../../systems/git/ref-name.js';
import { parseReference } from '../../systems/registry/reference.js';
import type { Environment } from '../environments/environment.js';
import type { PreviousImage } from './judge/previous-images.js';

/**
 * How to deliver the revision that ran before, as its image's tag names it; undefined when nothing is known.
 * @param inPod there, a person has the params of a Pipeline, and no command line
 */
export function wayBack(
  before: readonly PreviousImage[],
  { name, manifests }: Pick<Environment, 'name' | 'manifests'>,
  inPod: boolean,
): string | undefined {
  const [first] = before;
  if (first === undefined) return undefined;
  const revision = before.map(({ image }) => revisionOf(image)).find((found) => found !== undefined);
  if (revision !== undefined) {
    return `to go back to ${revision.label}: ${inPod ? byPipeline(revision) : byCommands(revision, name)}`;
  }
  const repository = manifests?.repository;
  const where = repository === undefined ? 'the manifests that name it' : repository;
  return `to go back to ${first.image}: its tag names no commit, so revert the last commit of ${name} in ${where} (git revert), and push it`;
}

/** A revision of the repository that was built. */
interface Revision {
  readonly label: string;
  /** What the param `revision` takes: a full commit ID, or a tag. Undefined: only git knows the whole ID. */
  readonly full: string | undefined;
}

function revisionOf(image: string): Revision | undefined {
  const reference = parseReference(image);
  if ('problem' in reference || reference.tag === undefined) return undefined;
  const { tag } = reference;
  if (tag === 'latest' || tag.endsWith('-dirty') || isInputDigest(tag)) return undefined;
  const id = objectIdIn(tag);
  if (id === undefined) return { label: tag, full: tag };
  return { label: id, full: isCommit(id) ? id : undefined };
}

/** A delivery builds again by default; the image of then is in every environment already, and another one would be refused there. */
function byPipeline({ label, full }: Revision): string {
  const known =
    full === undefined ? ` to what this prints: git rev-parse ${shellWord(`${label}^{commit}`)}` : `=${full}`;
  return `start the Pipeline deliver with rebuild=false and revision${known}`;
}

const byCommands = ({ label }: Revision, environment: string) =>
  [
    `git checkout ${label}`,
    'op push',
    `op set-image --environment=${environment}`,
    `op watch-deployment --environment=${environment}`,
  ].join(' && ');
