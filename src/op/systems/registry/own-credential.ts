import * as v from 'valibot';
import type { Context } from '../../context.js';
import { parseJson } from '../../kit/json/parse-json.js';
import { run } from '../../kit/process/run.js';
import { usualConfig } from './dockerconfig/config-file.js';
import { type Reference, registryOf } from './reference.js';

/** User and password of a registry, or the identity token that stands for both. */
export type Credential = { readonly user: string; readonly pass: string } | { readonly token: string };

const entry = v.looseObject({
  auth: v.optional(v.string(), ''),
  username: v.optional(v.string(), ''),
  password: v.optional(v.string(), ''),
  identitytoken: v.optional(v.string(), ''),
});
const config = v.looseObject({
  auths: v.optional(v.record(v.string(), entry), {}),
  credHelpers: v.optional(v.record(v.string(), v.string()), {}),
});
/** Source: the protocol of docker-credential-helpers. */
const helped = v.object({ Username: v.string(), Secret: v.string() });

/** Finds the credential of one repository. */
export type OwnCredentials = (image: Reference) => Promise<Credential | undefined>;

/**
 * Reads the credentials that a docker config has for one repository alone, by its whole name: `HOST/PATH`. Such an entry comes before that of
 * the host. Source: go-containerregistry, authn/keychain.go, as crane, Skaffold and ko read it.
 */
export async function readOwnCredentials(
  context: Context,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OwnCredentials> {
  const file = await usualConfig({ ...context.env, ...env });
  const read = file && parseJson(config, file.content);
  return async (image) => {
    if (read === undefined) return undefined;
    const key = keyOf(image);
    const helper = read.credHelpers[key];
    if (helper !== undefined) return await askHelper(context, env, helper, key);
    const found = read.auths[key];
    return found && credentialOf(found);
  };
}

/** The credential of one repository alone, as the docker config has it now. */
export const ownCredential = async (
  context: Context,
  env: Readonly<Record<string, string | undefined>>,
  image: Reference,
): Promise<Credential | undefined> => (await readOwnCredentials(context, env))(image);

const keyOf = (image: Reference): string => {
  const registry = registryOf(image);
  if (registry !== 'docker.io') return `${registry}/${image.path}`;
  return `index.docker.io/${image.path.includes('/') ? image.path : `library/${image.path}`}`;
};

function credentialOf({
  auth,
  username,
  password,
  identitytoken,
}: v.InferOutput<typeof entry>): Credential | undefined {
  if (identitytoken !== '') return { token: identitytoken };
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon > 0) return { user: text.slice(0, colon), pass: text.slice(colon + 1) };
  return username === '' ? undefined : { user: username, pass: password };
}

async function askHelper(
  context: Context,
  env: Readonly<Record<string, string | undefined>>,
  helper: string,
  key: string,
): Promise<Credential | undefined> {
  const ended = await run(context, { program: `docker-credential-${helper}`, args: ['get'], input: key, env });
  const found = ended.ended === 'ok' ? parseJson(helped, ended.stdout) : undefined;
  if (found === undefined || found.Username === '') return undefined;
  return found.Username === '<token>' ? { token: found.Secret } : { user: found.Username, pass: found.Secret };
}
