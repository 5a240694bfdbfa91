import { expect, test } from 'vitest';
import { credentialFiles } from './credentials.js';

const basic = (name: string, annotations: Record<string, string>, username: string, password: string) => ({
  name,
  type: 'kubernetes.io/basic-auth',
  annotations,
  values: { username, password },
});
const ssh = (name: string, url: string, known_hosts?: string) => ({
  name,
  type: 'kubernetes.io/ssh-auth',
  annotations: { 'tekton.dev/git-0': url },
  values: { 'ssh-privatekey': `key of ${name}\n`, ...(known_hosts && { known_hosts }) },
});

test('a login for git is in two files, and one for a whole host comes before that for a repository', () => {
  const files = credentialFiles(
    [
      basic('repository', { 'tekton.dev/git-0': 'https://git.example.com/shop/api' }, 'shop\\robot', 'p@ss:w/rd'),
      basic('host', { 'tekton.dev/git-0': 'https://git.example.com', other: 'https://x' }, 'me', 'a!$+'),
    ],
    '/tekton/creds',
  );
  expect(files).toEqual({
    '.gitconfig': `[credential]
	helper = store
[credential "https://git.example.com/shop/api"]
	username = shop\\\\robot
	useHttpPath = true
[credential "https://git.example.com"]
	username = me
`,
    '.git-credentials': `https://me:a%21$+@git.example.com
https://shop%5Crobot:p%40ss%3Aw%2Frd@git.example.com/shop/api
`,
  });
});

test('keys of ssh get a host each, and a name of their own for a repository', () => {
  const files = credentialFiles(
    [ssh('api', 'git.example.com:2222/shop/api'), ssh('all', 'git.example.com', 'git.example.com ssh-rsa AAAA')],
    '/creds',
  );
  expect(files).toEqual({
    '.ssh/id_all': 'key of all\n',
    '.ssh/id_api': 'key of api\n',
    '.ssh/known_hosts': 'git.example.com ssh-rsa AAAA',
    '.ssh/config': `Host git.example.com
    HostName git.example.com
    Port 22
    IdentityFile /creds/.ssh/id_all
Host git.example.com--shop--api
    HostName git.example.com
    Port 2222
    IdentityFile /creds/.ssh/id_api
`,
    '.gitconfig': `[url "git@git.example.com--shop--api:shop/api.git"]
	insteadOf = git@git.example.com:shop/api.git
[url "ssh://git.example.com--shop--api/shop/api.git"]
	insteadOf = ssh://git.example.com:2222/shop/api.git
`,
  });
});

test('logins of registries are one file, whatever kind of Secret they come from', () => {
  const docker = { username: 'a', password: 'b', auth: 'YTpi' };
  const files = credentialFiles(
    [
      basic('annotated', { 'tekton.dev/docker-0': 'ghcr.io' }, 'me', 'word'),
      {
        name: 'config',
        type: 'kubernetes.io/dockerconfigjson',
        annotations: {},
        values: { '.dockerconfigjson': JSON.stringify({ auths: { 'quay.io': docker, 'ghcr.io': docker } }) },
      },
      {
        name: 'old',
        type: 'kubernetes.io/dockercfg',
        annotations: {},
        values: { '.dockercfg': JSON.stringify({ 'docker.io': docker }) },
      },
    ],
    '/creds',
  );
  expect(Object.keys(files)).toEqual(['.docker/config.json']);
  expect(JSON.parse(files['.docker/config.json'] ?? '')).toEqual({
    auths: {
      'docker.io': docker,
      'quay.io': docker,
      'ghcr.io': { username: 'me', password: 'word', auth: 'bWU6d29yZA==', email: 'not@val.id' },
    },
  });
});

test('Secrets that say nothing of git or a registry are no files', () => {
  expect(credentialFiles([{ name: 'x', type: 'Opaque', annotations: {}, values: { token: 'x' } }], '/creds')).toEqual(
    {},
  );
  expect(credentialFiles([basic('plain', {}, 'me', 'word')], '/creds')).toEqual({});
});
