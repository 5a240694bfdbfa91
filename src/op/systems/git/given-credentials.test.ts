import { expect, it } from 'vitest';
import { describeCredentials } from './given-credentials.js';
import { parseGitUrl } from './url.js';

const key = '-----BEGIN OPENSSH PRIVATE KEY-----\ns3cret-pw\n-----END OPENSSH PRIVATE KEY-----\n';

it.each<[string, Readonly<Record<string, string>>, string, string]>([
  ['https://git.example/x.git', { username: 'robot', password: 's3cret-pw' }, 'username, password', ''],
  [
    'https://git.example/x.git',
    { '.gitconfig': 's3cret-pw', '.git-credentials': 'https://robot:s3cret-pw@git.example\n# robot\n' },
    '.gitconfig, .git-credentials',
    '; .git-credentials names git.example',
  ],
  [
    'https://git.example/x.git',
    {
      '.git-credentials': 'https://robot:s3cret-pw%40@hub.example:8443/x.git\r\nhttp://other.example/\nrobot:s3cret-pw',
    },
    '.git-credentials',
    '; .git-credentials names hub.example:8443, other.example, not git.example',
  ],
  [
    'https://git.example/x.git',
    { '.git-credentials': '' },
    '.git-credentials',
    '; .git-credentials names nothing, not git.example',
  ],
  [
    'git@git.example:x.git',
    { 'ssh-privatekey': key, known_hosts: '# robot\nhub.example,10.0.0.1 ssh-ed25519 s3cret-pw\n' },
    'ssh-privatekey, known_hosts',
    '; known_hosts names hub.example, 10.0.0.1, not git.example',
  ],
  [
    'ssh://git@git.example:2222/x.git',
    { known_hosts: '[git.example]:2222 ssh-rsa s3cret-pw\n@cert-authority [hub.example]:22 ssh-rsa s3cret-pw\n' },
    'known_hosts',
    '; known_hosts names git.example:2222, hub.example',
  ],
  [
    'git@git.example:x.git',
    { known_hosts: '|1|s3cret-pw|s3cret-pw ssh-rsa x\n' },
    'known_hosts',
    '; known_hosts names hashed names',
  ],
])('for %s, what there is of credentials is told by names only: %j', (url, files, names, hosts) => {
  const described = describeCredentials('/secrets/git', new Map(Object.entries(files)), parseGitUrl(url));
  expect(described).toBe(`/secrets/git has ${names}${hosts}`);
  expect(described).not.toMatch(/s3cret|robot/u);
});
