import * as v from 'valibot';
import type { Context } from '../../context.js';
import { inputError, type OpError, toolError } from '../../kit/errors/op-error.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { oneLine } from '../../kit/log/printable.js';
import { type Command, type Ended, failureOf, run } from '../../kit/process/run.js';
import type { Problem } from './answers/problem-of-answer.js';
import { type Credential, ownCredential } from './own-credential.js';
import { hintFor, problemIn } from './problem.js';
import { formatReference, type Reference, registryOf, repositoryOf } from './reference.js';
import { type Pauses, pauses, retrying } from './retry.js';

/** How op reaches registries. */
export interface RegistryAccess {
  /** Registries without TLS; a host matches with its port, never as a prefix. */
  readonly insecure: readonly string[];
  /** Variables for crane, such as DOCKER_CONFIG. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Waits between attempts; tests shorten them. */
  readonly pauses?: Pauses;
}

/** Why a registry did not answer. */
export interface NoAnswer {
  readonly problem: Problem;
  readonly error: OpError;
}

/** What a registry says about an image: its digest, or why it has none. */
export type LookUp = { readonly digest: string } | NoAnswer;

/**
 * Asks the registry for the current digest of a reference.
 * @throws OpError (tool) only when crane itself is missing
 */
export async function lookUp(context: Context, access: RegistryAccess, reference: Reference): Promise<LookUp> {
  const image = formatReference(reference);
  const ended = await crane(context, access, [reference], ['digest', image]);
  const digest = /^sha256:[0-9a-f]{64}$/u.exec(ended.stdout.trim())?.[0];
  if (ended.ended === 'ok' && digest !== undefined) return { digest };
  const problem = problemIn(ended.stderr);
  return { problem, error: registryError(`cannot read ${image}`, ended, problem, reference) };
}

/**
 * Copies an image by digest and gives it the tag of `to`: a copy to a name with tag and digest would lose the tag.
 * @throws OpError (tool) with what the registry said
 */
export async function copyImage(
  context: Context,
  access: RegistryAccess,
  from: Reference,
  to: Reference,
): Promise<void> {
  const source = `${repositoryOf(from)}${from.digest === undefined ? `:${from.tag ?? 'latest'}` : `@${from.digest}`}`;
  const name = to.tag === undefined && to.digest !== undefined ? `@${to.digest}` : `:${to.tag ?? 'latest'}`;
  const target = `${repositoryOf(to)}${name}`;
  const ended = await crane(context, access, [from, to], ['copy', source, target]);
  if (ended.ended !== 'ok')
    throw registryError(`cannot copy ${source} to ${target}`, ended, problemIn(ended.stderr), to);
}

/** Pushes the image of an OCI layout directory. @throws OpError (tool) with what the registry said */
export async function pushLayout(
  context: Context,
  access: RegistryAccess,
  directory: string,
  to: Reference,
): Promise<void> {
  const { digest: _, ...named } = to;
  const ended = await crane(context, access, [to], ['push', directory, formatReference(named)]);
  if (ended.ended !== 'ok')
    throw registryError(`cannot push ${formatReference(named)}`, ended, problemIn(ended.stderr), to);
}

/** Pulls an image with all its platforms into an OCI layout directory. @throws OpError (tool) with what the registry said */
export async function pullLayout(
  context: Context,
  access: RegistryAccess,
  from: Reference,
  directory: string,
): Promise<void> {
  const image = formatReference(from);
  const ended = await crane(context, access, [from], ['pull', '--format=oci', image, directory]);
  if (ended.ended !== 'ok') throw registryError(`cannot pull ${image}`, ended, problemIn(ended.stderr), from);
}

/** Gives an image another tag with one request. @throws OpError (tool) with what the registry said */
export async function tagImage(context: Context, access: RegistryAccess, image: Reference, tag: string): Promise<void> {
  const { tag: _, ...byDigest } = image;
  const ended = await crane(context, access, [image], ['tag', formatReference(byDigest), tag]);
  if (ended.ended !== 'ok') {
    throw registryError(`cannot tag ${formatReference(byDigest)}`, ended, problemIn(ended.stderr), image);
  }
}

/** Writes the file system of an image of one platform into a tar file. @throws OpError (tool) with what the registry said */
export async function exportImage(
  context: Context,
  access: RegistryAccess,
  image: Reference,
  { platform, file }: { readonly platform: string; readonly file: string },
): Promise<void> {
  const args = ['export', formatReference(image), file, `--platform=${platform}`];
  const ended = await crane(context, access, [image], args);
  if (ended.ended !== 'ok') throw readError(image, ended);
}

/** The configuration of an image of one platform, as JSON. @throws OpError (tool) with what the registry said */
export async function readConfig(
  context: Context,
  access: RegistryAccess,
  image: Reference,
  platform: string,
): Promise<string> {
  const ended = await crane(context, access, [image], ['config', formatReference(image), `--platform=${platform}`]);
  if (ended.ended !== 'ok') throw readError(image, ended);
  return ended.stdout;
}

const descriptor = v.looseObject({ digest: v.string(), size: v.optional(v.number(), 0) });
const platformManifest = v.looseObject({
  ...descriptor.entries,
  platform: v.optional(v.looseObject({ os: v.optional(v.string()) })),
});
/** Source: OCI image specification, manifest and index; Docker's schema 2 has the same fields. */
const manifest = v.looseObject({
  config: v.optional(descriptor),
  layers: v.optional(v.array(descriptor), []),
  manifests: v.optional(
    v.pipe(
      v.array(platformManifest),
      // An attestation is not an image.
      v.filterItems(({ platform }) => platform?.os !== 'unknown'),
    ),
  ),
});
/** The manifest of an image; that of an image for several platforms has `manifests`, one per platform. */
export type Manifest = v.InferOutput<typeof manifest>;

/** Reads the manifest of an image; undefined when that fails; the debug log has the reason. */
export async function readManifest(
  context: Context,
  access: RegistryAccess,
  image: Reference,
): Promise<Manifest | undefined> {
  const ended = await runCrane(context, access, [image], ['manifest', formatReference(image)], 30_000);
  if (ended.ended === 'ok') return parseJson(manifest, ended.stdout);
  context.log.debug(`crane manifest ${formatReference(image)}: ${ended.stderr}`);
  return undefined;
}

/** The manifest of an image as the registry has it. @throws OpError (tool) with what the registry said */
export async function readManifestText(context: Context, access: RegistryAccess, image: Reference): Promise<string> {
  const ended = await crane(context, access, [image], ['manifest', formatReference(image)]);
  if (ended.ended !== 'ok') throw readError(image, ended);
  return ended.stdout;
}

/** Images have a few platforms. Each costs a request, and whoever wrote an index chose how many there are. */
const mostPlatforms = 30;

/** Bytes of an image in the registry, of all its platforms together; undefined when it is unknown. */
export async function sizeOf(context: Context, access: RegistryAccess, image: Reference): Promise<number | undefined> {
  const read = await readManifest(context, access, image);
  if (read?.manifests === undefined) return read && bytesOf(read);
  if (read.manifests.length > mostPlatforms) return undefined;
  const { tag: _, ...byDigest } = image;
  const platforms = await Promise.all(
    read.manifests.map(({ digest }) => readManifest(context, access, { ...byDigest, digest })),
  );
  return platforms.reduce((sum, platform) => sum + (platform === undefined ? 0 : bytesOf(platform)), 0);
}

const bytesOf = ({ config, layers }: Manifest): number =>
  [...layers, ...(config ? [config] : [])].reduce((sum, { size }) => sum + size, 0);

/** The configured credential for a registry, wherever Docker's configuration has it; undefined when there is none. @throws OpError (input) */
export async function credentialFor(
  context: Context,
  access: RegistryAccess,
  registry: string,
): Promise<Credential | undefined> {
  const { Username: user, Secret: pass } = await login(context, access, registry);
  if (user === '' || pass === '') return undefined;
  // That is how the protocol of credential helpers writes an identity token.
  return user === '<token>' ? { token: pass } : { user, pass };
}

/** Whether a credential for an image is configured; the credential itself stays here. */
export async function hasCredential(context: Context, access: RegistryAccess, image: Reference): Promise<boolean> {
  if ((await ownCredential(context, access.env, image)) !== undefined) return true;
  const { Username: user, Secret: pass } = await login(context, access, registryOf(image));
  return user !== '' || pass !== '';
}

/** Source: the protocol of docker-credential-helpers. */
const loginForm = v.object({ Username: v.optional(v.string(), ''), Secret: v.optional(v.string(), '') });

async function login(context: Context, { env }: RegistryAccess, registry: string) {
  const ended = await run(context, { program: 'crane', args: ['auth', 'get', registry], env });
  // Its own message for a helper that is missing or fails. Source: docker-credential-helpers, client.Get.
  if (ended.ended === 'failed' && ended.stderr.includes('error getting credentials')) {
    throw inputError({
      what: `cannot read the credentials of ${registry}`,
      why: oneLine(ended.stderr.replace(/^Error: /u, ''), 300),
      hint: 'repair the helper that the docker config names (credHelpers, credsStore), or log in again; op doctor checks it',
    });
  }
  const found = ended.ended === 'ok' ? parseJson(loginForm, ended.stdout) : undefined;
  return found ?? { Username: '', Secret: '' };
}

/** The arguments that make crane a registry. @param listen `HOST:PORT`; port 0 for any */
export const serveArguments = (listen: string, directory: string): readonly string[] => [
  ...['registry', 'serve', `--address=${listen}`, `--disk=${directory}`],
];

/** crane as a registry on a free port of this machine, which it prints as "serving on port N". */
export const registryCommand = (directory: string): Command => ({
  program: 'crane',
  args: serveArguments('127.0.0.1:0', directory),
});

/** Runs crane until it answers. @throws OpError (tool) when it is not installed */
async function crane(
  context: Context,
  access: RegistryAccess,
  images: readonly Reference[],
  args: readonly string[],
): Promise<Ended> {
  const ended = await runCrane(context, access, images, args);
  if (ended.ended !== 'missing') return ended;
  throw failureOf({ program: 'crane', args }, ended, { what: 'cannot reach the registry', hint: '' });
}

async function runCrane(
  context: Context,
  access: RegistryAccess,
  images: readonly Reference[],
  args: readonly string[],
  timeout?: number,
): Promise<Ended> {
  const insecure = images.some((image) => access.insecure.includes(registryOf(image)));
  const command = { program: 'crane', args: [...args, ...(insecure ? ['--insecure'] : [])], env: access.env, timeout };
  return retrying(context, access.pauses ?? pauses, `crane ${args[0]}`, () => run(context, command));
}

const readError = (image: Reference, ended: Ended) =>
  registryError(`cannot read ${formatReference(image)}`, ended, problemIn(ended.stderr), image);

function registryError(what: string, ended: Ended, problem: Problem, { registry }: Reference): OpError {
  const lines = ended.stderr
    .trim()
    .split('\n')
    .filter((line) => !line.includes('falling back on GET'));
  const said = lines.filter((line) => line.startsWith('Error:'));
  const why = (said.length > 0 ? said : lines.slice(-4))
    .join('\n')
    .replace(/^Error: | \(HEAD responses have no body, use GET for details\)|; \[?map\[.*$/gmu, '');
  return toolError({ what, why, hint: hintFor(problem, registry ?? 'docker.io') });
}
