import { expect, it } from 'vitest';
import { isSameRepository, pathBelow } from './same-repository.js';

it.each([
  ['docker.io/me/web', 'me/web', true],
  ['index.docker.io/me/web', 'me/web', true],
  ['registry-1.docker.io/me/web', 'docker.io/me/web', true],
  ['docker.io/library/nginx', 'nginx', true],
  ['library/nginx', 'nginx', true],
  ['docker.io/me', 'index.docker.io/me', true],
  ['ghcr.io/me/web', 'me/web', false],
  ['docker.iox/me/web', 'me/web', false],
  ['me/web', 'me/web2', false],
])('%s and %s mean the same repository: %s', (one, other, same) => expect(isSameRepository(one, other)).toBe(same));

it.each([
  ['docker.io/me/web', 'me', 'web'],
  ['me/team/web', 'docker.io/me', 'team/web'],
  ['index.docker.io/me/web', 'docker.io/me', 'web'],
  ['me/web', 'docker.io', 'me/web'],
  ['ghcr.io/me/web', 'docker.io', undefined],
  ['localhost:5000/me/web', 'docker.io', undefined],
  ['r.io/dev/web', 'r.io/dev', 'web'],
  ['r.io/dev2/web', 'r.io/dev', undefined],
  ['r.io/dev', 'r.io/dev', undefined],
])('%s is below %s as %s', (repository, prefix, path) => expect(pathBelow(repository, prefix)).toBe(path));
