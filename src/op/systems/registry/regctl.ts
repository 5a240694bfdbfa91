import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../../context.js';
import { type OpError, toolError } from '../../kit/errors/op-error.js';
import { makePrivateDirectory } from '../../kit/files/private-directory.js';
import { type Ended, failureOf, run } from '../../kit/process/run.js';
import { type Artifacts, artifactsOf } from './artifacts.js';
import { credentialFor, type LookUp, type NoAnswer, type RegistryAccess } from './crane.js';
import { hintFor, type Problem, problemIn } from './problem.js';
import { isPlainHttp, speaksTls } from './protocol.js';
import { formatReference, type Reference, registryOf, repositoryOf } from './reference.js';
import { judged, logging } from './regctl-log.js';
import { retrying, pauses as usual } from './retry.js';

/**
 * regclient's tool, for what crane does not do: an image together with all that refers to it (signatures, attestations, SBOMs: by the
 * referrers API or by its fallback tag), the tags of cosign, and the digest of an image with one request.
 */
export interface Regctl {
  /** The digest of a reference, or why it has none. */
  readonly look: (image: Reference) => Promise<LookUp>;
  /**
   * Copies an image with all its platforms, and with all manifests that say that they refer to any of them; where the destination keeps the
   * list of these under a tag, that list only grows. What the registry already has is not sent again.
   * @throws OpError (tool)
   */
  readonly copy: (from: Reference, to: Reference, options: { readonly referrers: boolean }) => Promise<void>;
  /** What refers to an image, directly and through others, or why that is unknown. */
  readonly artifacts: (image: Reference) => Promise<Artifacts | NoAnswer>;
  /** The text of a manifest. @throws OpError (tool) */
  readonly manifest: (image: Reference) => Promise<string>;
}

/** regctl for as long as its `await using` lasts. */
export type OpenRegctl = Regctl & AsyncDisposable;

/**
 * Opens a regctl that ignores the user's own configuration of it; its credentials are removed at the end of its `await using`. They are
 * those that crane finds: regctl does not read every form of Docker's configuration, and what could be pushed must be promoted.
 * @param registries those that will be used: each is checked for TLS if its name does not tell
 * @example
 * await using regctl = await openRegctl(context, access, [registryOf(image)]);
 * await regctl.look(image);
 */
export async function openRegctl(
  context: Context,
  access: RegistryAccess,
  registries: readonly string[],
): Promise<OpenRegctl> {
  const directory = await makePrivateDirectory(context, 'regctl');
  try {
    const file = join(directory.path, 'config.json');
    const named = [...new Set(registries)].map(async (registry) => {
      const settings = await Promise.all([tlsOf(context, access, registry), credentialFor(context, access, registry)]);
      return [registry, Object.assign({}, ...settings)] as const;
    });
    const hosts = Object.fromEntries(await Promise.all(named));
    // Looking into the certificates of a Docker daemon doubles the time of a request; crane does not do it either.
    await writeFile(file, JSON.stringify({ incDockerCert: false, incDockerCred: false, hosts }), { mode: 0o600 });
    const regctl = createRegctl(context, { ...access, env: { ...access.env, REGCTL_CONFIG: file } });
    return { ...regctl, [Symbol.asyncDispose]: directory.dispose };
  } catch (error) {
    await directory.dispose();
    throw error;
  }
}

async function tlsOf(context: Context, { insecure }: RegistryAccess, registry: string) {
  if (!isPlainHttp(registry, insecure)) return {};
  if (!(await speaksTls(context, registry))) return { tls: 'disabled' };
  return insecure.includes(registry) ? { tls: 'insecure' } : {};
}

function createRegctl(context: Context, access: RegistryAccess): Regctl {
  const regctl = async (args: readonly string[]): Promise<Ended> => {
    const command = { program: 'regctl', args: [...args, ...logging], env: access.env };
    const attempt = async () => judged(await run(context, command));
    const ended = await retrying(context, access.pauses ?? usual, `regctl ${args[1]} ${args.at(-1)}`, attempt);
    if (ended.ended === 'missing') throw failureOf(command, ended, { what: 'cannot reach the registry', hint: '' });
    return ended;
  };
  return {
    look: async (image) => {
      const ended = await regctl(['manifest', 'head', nameOf(image)]);
      const digest = /^sha256:[0-9a-f]{64}$/u.exec(ended.stdout.trim())?.[0];
      if (ended.ended === 'ok' && digest !== undefined) return { digest };
      const problem = problemIn(ended.stderr);
      return { problem, error: failure(`cannot read ${formatReference(image)}`, ended, problem, [image]) };
    },
    copy: async (from, to, { referrers }) => {
      // Also where a manifest exists already: an interrupted copy may have left nothing else.
      const all = referrers ? ['--referrers', '--force-recursive'] : ['--force-recursive'];
      const ended = await regctl(['image', 'copy', ...all, nameOf(from), nameOf(to)]);
      if (ended.ended === 'ok') return;
      const what = `cannot copy ${formatReference(from)} to ${formatReference(to)}`;
      throw failure(what, ended, problemIn(ended.stderr), [to, from]);
    },
    artifacts: async (image) => {
      const ended = await regctl(['artifact', 'tree', '--digest-tags', '--format={{json .}}', nameOf(image)]);
      const what = `cannot read what refers to ${formatReference(image)}`;
      if (ended.ended === 'ok') {
        const found = artifactsOf(ended.stdout);
        const why = 'op cannot parse the output of regctl';
        const hint = 'check with op doctor that the version of regctl is supported';
        return found ?? { problem: 'other', error: toolError({ what, why, hint }) };
      }
      const problem = problemIn(ended.stderr);
      return { problem, error: failure(what, ended, problem, [image]) };
    },
    manifest: async (image) => {
      const ended = await regctl(['manifest', 'get', '--format=raw-body', nameOf(image)]);
      if (ended.ended === 'ok') return ended.stdout;
      throw failure(`cannot read ${formatReference(image)}`, ended, problemIn(ended.stderr), [image]);
    },
  };
}

/** By digest where there is one: regctl ignores the tag of a name with both, and prints a message about it. */
const nameOf = (image: Reference) =>
  image.digest === undefined ? formatReference(image) : `${repositoryOf(image)}@${image.digest}`;

function failure(what: string, ended: Ended, problem: Problem, images: readonly Reference[]): OpError {
  // The error itself, and perhaps the body that the registry sent.
  const why = ended.stderr.trim() || `regctl ended with exit code ${ended.exitCode ?? 'none'}, and printed nothing`;
  const registries = images.map(registryOf);
  const concerned = registries.find((registry) => why.includes(registry)) ?? registries[0] ?? 'docker.io';
  return toolError({ what, why: why.split('\n').slice(-4).join('\n'), hint: hintFor(problem, concerned) });
}
