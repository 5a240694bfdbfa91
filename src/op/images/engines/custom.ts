import { toolError } from '../../kit/errors/op-error.js';
import { type Command, failureOf, run } from '../../kit/process/run.js';
import { lookUp } from '../../systems/registry/crane.js';
import { formatReference, repositoryOf } from '../../systems/registry/reference.js';
import type { BuildableImage } from '../plan/plan.js';
import { skaffoldVariables } from '../skaffold/project.js';
import { type BuildContext, type EngineResult, requiredImages } from './build-context.js';

/**
 * Builds an artifact with the build command of a plain skaffold.yaml, as Skaffold does: a shell in the directory of the artifact runs it
 * with the same variables, it pushes the image itself, and the registry tells the digest.
 * Source: Skaffold, pkg/skaffold/build/custom.
 * @throws OpError (tool) when the command fails, or has not pushed the image
 */
export async function buildArtifactWithCommand(build: BuildContext, planned: BuildableImage): Promise<EngineResult> {
  const { prepared, context, onLine } = build;
  const { artifact, target } = planned;
  const { buildCommand } = artifact;
  if (buildCommand === undefined) throw new Error(`${artifact.image} has no build command`);
  const image = formatReference(target.reference);
  const aliases = [...requiredImages(planned, build.outcomes)].map(
    ([alias, { reference }]) => [alias, formatReference(reference)] as const,
  );
  const command: Command = {
    program: 'sh',
    args: ['-c', buildCommand],
    cwd: artifact.context,
    env: {
      ...skaffoldVariables(prepared.project),
      ...Object.fromEntries(aliases),
      IMAGE: image,
      PUSH_IMAGE: 'true',
      BUILD_CONTEXT: artifact.context,
      // A plain skaffold.yaml names none.
      PLATFORMS: '',
      SKIP_TEST: 'false',
      IMAGE_REPO: repositoryOf(target.reference),
      IMAGE_TAG: target.reference.tag ?? 'latest',
    },
    onLine,
  };
  const ended = await run(context, command);
  const hint = `fix what it reports, and try it in ${artifact.context}: IMAGE=${image} PUSH_IMAGE=true ${buildCommand}`;
  if (ended.ended !== 'ok') throw failureOf(command, ended, { what: `building ${artifact.image} failed`, hint });
  const found = await lookUp(context, prepared.access, target.reference);
  if ('digest' in found) return { digest: found.digest, detail: '' };
  if (found.problem !== 'absent') throw found.error;
  throw toolError({
    what: `${artifact.image} was built, but ${image} is not in the registry`,
    why: `its build command ended with exit code 0: ${buildCommand}`,
    hint: 'make the build command push to $IMAGE when $PUSH_IMAGE is true',
  });
}
