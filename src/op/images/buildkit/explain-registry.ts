import { type OpError, toolError } from '../../kit/errors/op-error.js';
import { hintFor, problemIn } from '../../systems/registry/problem.js';
import { parseReference, registryOf } from '../../systems/registry/reference.js';

/** The messages of containerd's resolver that differ from those of go-containerregistry. */
const refused = /failed to authorize|authorization failed|insufficient_scope|no basic auth credentials/u;

/**
 * The error for a registry that failed; undefined if the error is about something else.
 * @param push the registry that the image is pushed to
 */
export function explainRegistry(image: string, push: string | undefined, error: string): OpError | undefined {
  const pushing = /^failed to push (\S+): (.*)$/su.exec(error);
  if (pushing !== null) {
    const [, name, why = error] = pushing;
    return failure(`${image} is built, but cannot be pushed to ${name}`, why, push ?? 'docker.io');
  }
  const cache = /^(?:error writing (?:layer|manifest) blob|failed to (?:export|write) cache).*?: (.*)$/su.exec(
    error,
  )?.[1];
  if (cache !== undefined) {
    const registry = /https?:\/\/([^/\s"]+)\/v2\//u.exec(error)?.[1] ?? 'of the cache';
    return failure(`${image} is built, but its build cache cannot be written`, cache, registry);
  }
  const pulling = /failed to resolve source metadata for (\S+): (.*)$/su.exec(error);
  if (pulling === null) return undefined;
  const [, name = '', why = error] = pulling;
  if (/: not found$/u.test(why.trim())) {
    return toolError({
      what: `the base image ${name} of ${image} does not exist`,
      why,
      hint: 'correct its name, or push it first; a mirror (--image-mirror) must have it too',
    });
  }
  const reference = parseReference(name);
  const registry = /https?:\/\/([^/\s"]+)\/v2\//u.exec(why)?.[1];
  return failure(
    `BuildKit cannot read the base image ${name} of ${image}`,
    why,
    registry ?? ('problem' in reference ? name : registryOf(reference)),
    'if that registry cannot be reached from here, set a mirror with --image-mirror HOST=MIRROR; ',
  );
}

function failure(what: string, why: string, registry: string, first = ''): OpError {
  const problem = refused.test(why) ? 'refused' : problemIn(why);
  const remedy = hintFor(problem, registry);
  return toolError({ what, why, hint: problem === 'unreachable' ? `${first}${remedy}` : remedy });
}
