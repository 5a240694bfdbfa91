import type { Asked, Trouble } from './unruly-registry.js';

type Rule = (asked: Asked) => Trouble | undefined;
const answer = (status: number, code: string, message: string, detail?: string): Trouble => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] }),
});
const isBegin = ({ method, path }: Asked) => method === 'POST' && path.includes('/blobs/uploads/');
const isContent = ({ method, path }: Asked) => /^P(?:UT|ATCH)$/u.test(method) && path.includes('/blobs/uploads/');
const isTagged = ({ method, path }: Asked) => method === 'PUT' && /\/manifests\/(?!sha256[:-])/u.test(path);
const on =
  (applies: (asked: Asked) => boolean, trouble: Trouble): Rule =>
  (asked) =>
    applies(asked) ? trouble : undefined;

/** Content is sent only if the registry seems not to have it in another repository either. */
const onContent =
  (trouble: Trouble): Rule =>
  (asked) => {
    if (isContent(asked)) return trouble;
    if (isBegin(asked) && asked.query.includes('mount=')) return { path: asked.path };
    return asked.method === 'HEAD' && asked.path.includes('/blobs/') ? { status: 404 } : undefined;
  };

/** What products answer in one situation; in front of a real registry they enforce it. Each names where it is documented or shown. */
export const refusing: readonly (readonly [problem: string, product: string, rule: Rule])[] = [
  // amazon-ecr-login issue 202, plexsystems/sinker issue 55
  [
    'no repository',
    'Amazon ECR',
    on(
      isBegin,
      answer(404, 'NAME_UNKNOWN', `The repository with name 'web' does not exist in the registry with id '1'`),
    ),
  ],
  [
    'no repository',
    'Google Artifact Registry',
    on(isBegin, answer(404, 'NAME_UNKNOWN', 'Repository "docker" not found')),
  ],
  // goharbor/harbor, src/server/middleware/v2auth
  ['no repository', 'Harbor', on(isBegin, answer(404, 'NOT_FOUND', 'project pp not found'))],
  // moby/buildkit issue 3776
  [
    'immutable',
    'Amazon ECR',
    on(
      isTagged,
      answer(
        400,
        'TAG_INVALID',
        `The image tag 'v1' already exists in the 'web' repository and cannot be overwritten because the tag is immutable.`,
      ),
    ),
  ],
  // goharbor/harbor, src/controller/event/handler: "configured as immutable"
  [
    'immutable',
    'Harbor',
    on(isTagged, answer(412, 'PRECONDITION', `Failed to process request due to 'web:v1' configured as immutable.`)),
  ],
  // GoogleContainerTools/jib issue 3057
  [
    'immutable',
    'Nexus',
    on(
      isTagged,
      answer(
        400,
        'BLOB_UPLOAD_INVALID',
        'blob upload invalid',
        'Repository does not allow updating assets: docker-hosted',
      ),
    ),
  ],
  // conan-io/conan issue 10295
  [
    'immutable',
    'Artifactory',
    on(
      isTagged,
      answer(
        403,
        'UNAUTHORIZED',
        `The client does not have permission for manifest: Not enough permissions to delete/overwrite artifact 'docker:web/v1/manifest.json' (user: 'ci' needs DELETE permission).`,
      ),
    ),
  ],
  ['immutable', 'Quay', on(isTagged, answer(409, 'TAG_IMMUTABLE', 'tag is immutable'))],
  // goharbor/harbor issue 17390
  [
    'full',
    'Harbor',
    onContent(
      answer(
        403,
        'DENIED',
        'adding 29.0 MiB of storage resource, which when updated to current usage of 152.4 MiB will exceed the configured upper limit of 10.0 MiB.',
      ),
    ),
  ],
  ['full', 'Quay', on(isBegin, answer(403, 'DENIED', 'Quota has been exceeded on namespace'))],
  // docker/build-push-action issue 586
  ['full', 'DigitalOcean', on(isBegin, answer(403, 'DENIED', 'registry contains 1 repositories, limit is 1'))],
  ['full', 'a full disk', onContent({ status: 507 })],
  [
    'too large',
    'nginx',
    onContent({ status: 413, body: '<html><head><title>413 Request Entity Too Large</title></head></html>' }),
  ],
];

/** Registries that answer HEAD of a manifest otherwise than GET. */
export const noHead = (status: number): Rule =>
  on(({ method, path }) => method === 'HEAD' && path.includes('/manifests/'), { status });

/** Without the referrers API; a digest may be written with a dash, so that the tag of the list of referrers names the image itself. */
export const dashedDigests: Rule = ({ method, path }) => {
  if (path.includes('/referrers/')) return { status: 404 };
  const digest = /\/manifests\/sha256-([0-9a-f]{64})$/u.exec(path)?.[1];
  return digest === undefined || method === 'PUT'
    ? undefined
    : { path: path.replace(`sha256-${digest}`, `sha256:${digest}`) };
};
