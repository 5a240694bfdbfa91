import { refusedError } from '../../kit/errors/op-error.js';
import type { CacheScope } from './cache-scope.js';
import type { DockerfileBuild } from './dockerfile-build.js';
import { option } from './flag-values.js';
import { isSyntaxBuiltIn } from './syntax.js';

/**
 * The name of the directory with the Dockerfile, for BuildKit: of two files with one name, size and time it keeps the first, whoever sent
 * it. The name of the context is fixed.
 */
export const dockerfileLocal = ({ name }: CacheScope) => `${name}-dockerfile`;

/**
 * The flags that keep a build in its scope. A namespace for cache mounts is not enough: BuildKit finds the result of a `RUN` by a key that
 * leaves out the ID of a cache mount, secrets, proxies and the addresses of added hosts, so it would give a release the layer that a pull
 * request made from its own. The host name is part of that key.
 * Source: ExecOp.CacheMap in BuildKit's solver; BUILDKIT_CACHE_MOUNT_NS in the reference of Dockerfiles.
 */
export function scopeFlags({ scope }: DockerfileBuild): readonly string[] {
  return [
    ...option('dockerfilekey', dockerfileLocal(scope)),
    ...option('build-arg:BUILDKIT_CACHE_MOUNT_NS', scope.name),
    // The frontend of an untrusted Dockerfile is always the built-in one: another could use any cache mount of the server.
    ...(scope.trust === 'trusted' ? [] : [...option('hostname', scope.name), ...option('cmdline', 'dockerfile.v0')]),
  ];
}

/** @throws OpError (refused) when the repository would choose another scope for itself */
export function refuseOtherScope({ image, scope, buildArgs }: DockerfileBuild, dockerfile: string): void {
  const untrusted = scope.trust === 'untrusted';
  const ours = ['BUILDKIT_CACHE_MOUNT_NS', ...(untrusted ? ['BUILDKIT_SANDBOX_HOSTNAME', 'BUILDKIT_SYNTAX'] : [])];
  // buildctl splits at the first "=", so the name `A=B` would be the argument A.
  const chosen = Object.keys(buildArgs).find((name) => ours.includes(name.split('=', 1)[0] ?? ''));
  if (chosen !== undefined) {
    throw refusedError({
      what: `cannot build ${image} with the build argument ${chosen}`,
      why: 'with it, a repository could reach the caches of other builds; op chooses them by repository and trust level',
      hint: 'remove the build argument',
    });
  }
  if (!untrusted || isSyntaxBuiltIn(dockerfile)) return;
  throw refusedError({
    what: `cannot build ${image}: the syntax line of its Dockerfile names another frontend`,
    why: 'the build is untrusted, and a frontend could reach the caches of other builds',
    hint: 'use # syntax=docker/dockerfile:1, or --cache-trust=trusted (param cache-trust) if its source is reviewed',
  });
}
