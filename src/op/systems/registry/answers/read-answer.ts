import { withoutNames } from '../../../kit/log/without-names.js';

/** What a registry answered to one request, as far as it is known. */
export interface RegistryAnswer {
  readonly status: number | undefined;
  /** Error codes, such as `NAME_UNKNOWN`. Source: OCI distribution specification, "Error Codes"; registries have more of their own. */
  readonly codes: readonly string[];
  /** What the registry says about it, without names. */
  readonly said: string;
  /** What was asked for; `upload` sends content to an upload that was begun before. */
  readonly request: 'read' | 'begin-upload' | 'upload' | 'put-manifest';
}

/**
 * Reads what a registry answered from the message of a tool: crane, Skaffold and ko (go-containerregistry, transport.Error), regctl
 * (regclient, reghttp.HTTPError), BuildKit (containerd, remotes/errors) and Docker. References, URLs and quoted names are taken out
 * first: they are users' words.
 */
export function readAnswer(message: string): RegistryAnswer {
  const text = withoutNames(message);
  const status = /\[http (\d{3})\]|\bstatus(?: code)?(?: from [A-Z]+ request to …)?:? (\d{3})\b/iu.exec(text);
  const body = readErrorBody(message);
  return {
    status: status === null ? undefined : Number(status[1] ?? status[2]),
    codes: [...new Set([...body.codes, ...codesIn(text)])],
    said: `${body.said}\n${text}`,
    request: requestIn(message),
  };
}

/** Codes and texts of the body that a registry sends with an error, also where it is only part of a text. */
export function readErrorBody(body: string): Pick<RegistryAnswer, 'codes' | 'said'> {
  const fields = [...body.matchAll(/"(code|message|detail|description)"\s*:\s*"((?:[^"\\]|\\.)*)"/gu)];
  return {
    codes: fields.flatMap(([, name, value = '']) => (name === 'code' ? [value] : [])),
    said: withoutNames(fields.flatMap(([, name, value = '']) => (name === 'code' ? [] : [value])).join('\n')),
  };
}

/** As distribution and Docker print them: in small letters. Source: distribution, errcode.ErrorCode.Message. */
const printed: ReadonlyMap<string, string> = new Map(
  [
    ...['BLOB_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'BLOB_UPLOAD_UNKNOWN', 'DIGEST_INVALID', 'MANIFEST_BLOB_UNKNOWN'],
    ...['MANIFEST_INVALID', 'MANIFEST_UNKNOWN', 'NAME_UNKNOWN', 'TAG_INVALID', 'UNAUTHORIZED', 'DENIED'],
    ...['UNSUPPORTED', 'TOOMANYREQUESTS', 'UNAVAILABLE'],
  ].map((code) => [code.toLowerCase().replaceAll('_', ' '), code]),
);
const codeForm =
  /^(?:[A-Z]{2,}(?:_[A-Z]+)+|UNAUTHORIZED|DENIED|UNSUPPORTED|TOOMANYREQUESTS|UNAVAILABLE|PRECONDITION)$/u;

/** Codes are the beginning of a part of a message: `PUT URL: TAG_INVALID: …`, `denied: …`. */
const codesIn = (text: string): readonly string[] =>
  text
    .split(/\n|: |:$|; /mu)
    .map((part) => part.trim())
    .flatMap((part) => (codeForm.test(part) ? [part] : (printed.get(part) ?? [])));

/** Source of the second half of each: regclient, scheme/reg, blob.go and manifest.go. */
function requestIn(message: string): RegistryAnswer['request'] {
  if (/\b(?:PUT|PATCH) (?:request to )?"?https?:\S*\/blobs\/|failed to send blob \(?(?:put|chunk)/u.test(message))
    return 'upload';
  if (/\bPOST (?:request to )?"?https?:\S*\/blobs\/|failed to (?:send blob post|mount blob)/u.test(message))
    return 'begin-upload';
  const putting = /\bPUT (?:request to )?"?https?:\S*\/manifests\/|failed to put manifest/u;
  return putting.test(message) ? 'put-manifest' : 'read';
}
