import type { RegistryAnswer } from './read-answer.js';

/**
 * Why a request to a registry failed:
 * - `absent`: there is no such image;
 * - `no-repository`: the repository must be created before anything can be pushed to it;
 * - `refused`: credentials are missing or do not suffice;
 * - `immutable`: the tag has another image, and the registry does not move it;
 * - `full`: a quota is used up;
 * - `too-large`: the registry, or a proxy in front of it, takes nothing of this size;
 * - `read-only`: it takes no writes;
 * - `no-referrers`: it does not keep what refers to an image;
 * - `busy`: another attempt may work;
 * - `unreachable`;
 * - `proxy`: a proxy in between lets nothing pass;
 * - `other`.
 */
export type Problem =
  | 'absent'
  | 'no-repository'
  | 'refused'
  | 'immutable'
  | 'full'
  | 'too-large'
  | 'read-only'
  | 'no-referrers'
  | 'busy'
  | 'unreachable'
  | 'proxy'
  | 'other';

interface Row {
  readonly problem: Problem;
  readonly status?: readonly number[];
  readonly codes?: readonly string[];
  readonly said?: RegExp;
  readonly requests?: readonly RegistryAnswer['request'][];
}

const writes = ['begin-upload', 'upload', 'put-manifest'] as const;

/**
 * The first row of which everything holds: one of the status or the codes, the words, and the request. Codes and status alone do not
 * tell a quota or an immutable tag from a refusal: each registry has its own.
 */
const rows: readonly Row[] = [
  { problem: 'busy', status: [429], codes: ['TOOMANYREQUESTS'] },
  // Amazon ECR 400 TAG_INVALID, Harbor 412 PRECONDITION, Nexus 400 BLOB_UPLOAD_INVALID, Artifactory 403, Google 400 MANIFEST_INVALID, Quay 409.
  {
    problem: 'immutable',
    said: /\bimmutab(?:le|ility)\b|\bcannot be overwritten\b|\bdoes not allow updating assets\b|\bpermissions to (?:delete\/)?(?:…|overwrite)[^\n]*\bneeds DELETE permission\b/iu,
  },
  { problem: 'immutable', status: [409, 412], codes: ['TAG_IMMUTABLE', 'PRECONDITION'], requests: ['put-manifest'] },
  // Harbor 403 DENIED, Quay 403 DENIED, Azure 403, Artifactory 413, DigitalOcean 403 DENIED; 507 is "Insufficient Storage".
  {
    problem: 'full',
    said: /(?<!\bdisk )\bquota\b|\bexceed the configured upper limit\b|\bstorage limit\b|\bsize limit\b|\blimit is \d/iu,
  },
  { problem: 'full', status: [507], codes: ['QUOTA_EXCEEDED', 'LIMIT_EXCEEDED'] },
  { problem: 'too-large', status: [413] },
  // Amazon ECR and Google 404 NAME_UNKNOWN; Harbor 404 NOT_FOUND or 401 for a project that does not exist.
  { problem: 'no-repository', codes: ['NAME_UNKNOWN', 'REPOSITORY_NOT_FOUND'], requests: writes },
  { problem: 'no-repository', said: /\bproject\b[^\n]*\bnot found\b/iu, requests: writes },
  { problem: 'no-repository', status: [404], requests: ['begin-upload'] },
  {
    problem: 'refused',
    status: [401, 403],
    codes: ['UNAUTHORIZED', 'DENIED'],
  },
  {
    problem: 'refused',
    said: /\bempty challenge header\b|\bno basic auth credentials\b|\bauthentication required\b|\bfailed to authorize\b|\bauthorization failed\b|: insufficient_scope\b/u,
  },
  { problem: 'read-only', status: [405], codes: ['UNSUPPORTED'], requests: writes },
  // The upload is gone after a broken connection; or another client pushes the same layers, and not all of them are there yet.
  { problem: 'busy', status: [404, 416], codes: ['BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID'], requests: ['upload'] },
  {
    problem: 'busy',
    codes: ['MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN', 'DIGEST_INVALID'],
    requests: ['put-manifest'],
  },
  { problem: 'other', status: [501, 505] },
  { problem: 'absent', status: [404], codes: ['MANIFEST_UNKNOWN', 'NAME_UNKNOWN', 'NOT_FOUND'] },
  { problem: 'busy', status: [408, 425], codes: ['UNAVAILABLE'] },
];

/** Why an answer is a failure; undefined if it is none that is known. */
export function problemOfAnswer(answer: RegistryAnswer): Problem | undefined {
  const row = rows.find((one) => holds(one, answer));
  if (row !== undefined) return row.problem;
  if (answer.status !== undefined && answer.status >= 500) return 'busy';
  return undefined;
}

function holds({ status, codes, said, requests }: Row, answer: RegistryAnswer): boolean {
  if (requests !== undefined && !requests.includes(answer.request)) return false;
  if (said !== undefined) return said.test(answer.said);
  const isStatus = answer.status !== undefined && (status?.includes(answer.status) ?? false);
  return isStatus || (codes?.some((code) => answer.codes.includes(code)) ?? false);
}
