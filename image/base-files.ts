/** What of the extracted Debian packages goes into the base layer, and the few files that their scripts would have written. */
import { chmod, chown, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { DebianPackage } from './debian.js';
import { user } from './inputs.js';
import { keyOf, type Recipe } from './layer.js';

const source = fileURLToPath(import.meta.url);

/** The key of a base layer made of exactly these packages. */
export const baseKey = (packages: readonly DebianPackage[]): Promise<string> => keyOf({ packages, user }, source);

/** The recipe of the base layer from an extracted tree. */
export function baseRecipe(key: string, tree: string): Recipe {
  return { name: 'base', key, fill: (root) => fillBase(tree, root) };
}

/** Paths of the extracted tree that no step uses: package management, perl, logins, documentation, translations. */
const unused = [
  'boot',
  'dev',
  'etc/apt',
  'etc/cron.d',
  'etc/cron.daily',
  'etc/dpkg',
  'etc/init.d',
  'etc/logrotate.d',
  'etc/pam.d',
  'etc/resolv.conf',
  'etc/hostname',
  'etc/security',
  'lib32',
  'libx32',
  'usr/games',
  'usr/include',
  'usr/lib/dpkg',
  'usr/lib/openssh/ssh-keysign',
  'usr/lib/systemd',
  'usr/lib/x86_64-linux-gnu/gconv',
  'usr/lib/x86_64-linux-gnu/perl',
  'usr/lib/x86_64-linux-gnu/perl-base',
  'usr/lib/x86_64-linux-gnu/security',
  'usr/lib32',
  'usr/libx32',
  'usr/sbin',
  'usr/share/adduser',
  'usr/share/bash-completion',
  'usr/share/bug',
  'usr/share/debconf',
  'usr/share/dpkg',
  'usr/share/gcc',
  'usr/share/gdb',
  'usr/share/git-core/contrib',
  'usr/share/gitweb',
  'usr/share/info',
  'usr/share/lintian',
  'usr/share/locale',
  'usr/share/man',
  'usr/share/perl',
  'usr/share/perl5',
  'usr/share/zsh',
  'var',
];

const unusedPrograms =
  /^(perl|dpkg|chage|chfn|chsh|expiry|gpasswd|passwd|debconf|deb-|update-alternatives|mawk|add-|del)/;

async function fillBase(tree: string, root: string): Promise<void> {
  await execa('cp', ['--archive', '--no-target-directory', tree, root]);
  await Promise.all(unused.map((path) => rm(join(root, path), { recursive: true, force: true })));
  for (const program of await readdir(join(root, 'usr/bin'))) {
    if (unusedPrograms.test(program)) await rm(join(root, 'usr/bin', program));
  }
  // Licences stay, manuals go.
  await execa('find', [join(root, 'usr/share/doc'), '-not', '-type', 'd', '-not', '-name', 'copyright', '-delete']);
  await execa('find', [join(root, 'usr/share/doc'), '-type', 'd', '-empty', '-delete']);
  await execa('find', [root, '-xtype', 'l', '-not', '-path', '*/proc/*', '-delete']);
  await execa('find', [root, '-perm', '/6000', '-type', 'f', '-delete']);

  await writeCertificates(root);
  await writeAccounts(root);
  // Steps run on volumes that other users own; the catalog decides what is cloned into them.
  await writeFile(join(root, 'etc/gitconfig'), '[safe]\n\tdirectory = *\n');
  await mkdir(join(root, 'dev'));
  for (const directory of ['var/tmp', 'tmp']) {
    await mkdir(join(root, directory), { recursive: true });
    await chmod(join(root, directory), 0o1777);
  }
  await mkdir(join(root, 'usr/sbin'), { recursive: true });
  await mkdir(join(root, 'usr/local/bin'), { recursive: true });
  await symlink('/run', join(root, 'var/run'));
  for (const directory of [user.home.slice(1), 'workspace']) {
    await mkdir(join(root, directory), { recursive: true });
    await chown(join(root, directory), user.id, user.id);
  }
}

/** The bundle that git, curl's library and Go programs read; what ca-certificates' own script would write. */
async function writeCertificates(root: string): Promise<void> {
  const folder = join(root, 'usr/share/ca-certificates/mozilla');
  const names = (await readdir(folder)).sort();
  const certificates = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  await mkdir(join(root, 'etc/ssl/certs'), { recursive: true });
  await writeFile(
    join(root, 'etc/ssl/certs/ca-certificates.crt'),
    certificates.map((text) => `${text.trim()}\n`).join(''),
  );
  await rm(folder, { recursive: true });
}

async function writeAccounts(root: string): Promise<void> {
  const { name, id, home } = user;
  await writeFile(
    join(root, 'etc/passwd'),
    `root:x:0:0:root:/root:/usr/sbin/nologin\n${name}:x:${id}:${id}:octopipeline:${home}:/bin/sh\n`,
  );
  await writeFile(join(root, 'etc/group'), `root:x:0:\n${name}:x:${id}:\n`);
  await writeFile(join(root, 'etc/nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
}
