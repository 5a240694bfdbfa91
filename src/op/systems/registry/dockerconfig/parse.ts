import * as v from 'valibot';
import { inputError } from '../../../kit/errors/op-error.js';
import { parseJson } from '../../../kit/json/parse-json.js';

/** A registry that a docker config has credentials for; the credentials themselves are never kept. */
export interface RegistryLogin {
  /** As written, such as `ghcr.io` or `https://index.docker.io/v1/`; `*` stands for every other registry (`credsStore`). */
  readonly host: string;
  /** Where the secret is: in the file, or with the program `docker-credential-<helper>`. */
  readonly from: { readonly kind: 'file' } | { readonly kind: 'helper'; readonly helper: string };
}

/**
 * Reads which registries a docker `config.json` has credentials for.
 * Source of the format: docker CLI, "Credential stores" and "Credential helpers" of `docker login`.
 * @param source the path, for messages; the content is never quoted
 * @throws OpError (input) for whatever would make the tools fail later
 */
export function parseDockerConfig(source: string, content: string): readonly RegistryLogin[] {
  const json = parseJson(v.unknown(), content);
  // Without the parser's message, which quotes the text around the error: that may be a password.
  if (json === undefined) throw malformed(source, 'it is not JSON');
  const config = object(source, 'it', json);
  const auths = Object.entries(object(source, 'auths', config.auths ?? {}));
  const helpers = Object.entries(object(source, 'credHelpers', config.credHelpers ?? {}));
  const logins = auths.flatMap(([host, auth]): RegistryLogin[] => {
    const entry = object(source, `auths["${host}"]`, auth);
    const wrong = typeof entry.auth === 'string' && entry.auth !== '' ? problemOfAuth(entry.auth) : undefined;
    if (wrong !== undefined) throw malformed(source, `auths["${host}"].auth ${wrong}`);
    return hasSecret(entry) ? [{ host, from: { kind: 'file' } }] : [];
  });
  const helped = helpers.map(([host, helper]): RegistryLogin => {
    if (typeof helper !== 'string') throw malformed(source, `credHelpers["${host}"] is not the name of a helper`);
    return { host, from: { kind: 'helper', helper } };
  });
  const { credsStore } = config;
  const store: RegistryLogin[] =
    typeof credsStore === 'string' && credsStore !== ''
      ? [{ host: '*', from: { kind: 'helper', helper: credsStore } }]
      : [];
  return [...logins, ...helped, ...store];
}

const hasSecret = (entry: Readonly<Record<string, unknown>>) =>
  ['auth', 'username', 'identitytoken', 'registrytoken'].some(
    (key) => typeof entry[key] === 'string' && entry[key] !== '',
  );

/** Without a user, a registry answers 401. */
function problemOfAuth(text: string): string | undefined {
  const colon = Buffer.from(text, 'base64').toString('utf8').indexOf(':');
  if (colon < 0) return 'is not the base64 text of USER:PASSWORD';
  return colon === 0 ? 'is the base64 text of :PASSWORD, without a user' : undefined;
}

function object(source: string, what: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw malformed(source, `${what} is not an object`);
}

const malformed = (source: string, why: string) =>
  inputError({
    what: `${source} is not a docker config`,
    why,
    hint: 'make it with: kubectl create secret docker-registry NAME --docker-server=… --docker-username=… --docker-password=…',
  });
