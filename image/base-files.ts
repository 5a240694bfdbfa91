/** What of the extracted Debian packages goes into the base layer, and the few files that their scripts would have written. */
import { chmod, chown, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { DebianPackage } from './debian.js';
import type { Image } from './image.js';
import { keyOf, type Recipe } from './layer.js';

const source = fileURLToPath(import.meta.url);

/** The key of a base layer made of exactly these packages. */
export const baseKey = (packages: readonly DebianPackage[], image: Image): Promise<string> => {
  const { systemPrograms, settings, mountPoints, links, user, workingDirectory } = image;
  return keyOf({ packages, systemPrograms, settings, mountPoints, links, user, workingDirectory }, source);
};

/** The recipe of the base layer from an extracted tree. */
export async function baseRecipe(packages: readonly DebianPackage[], image: Image, tree: string): Promise<Recipe> {
  const key = await baseKey(packages, image);
  return { name: 'base', key, what: `${packages.length} Debian packages`, fill: (root) => fillBase(tree, root, image) };
}

/** Paths of the extracted tree that no image uses: package management, perl, logins, documentation, translations. */
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

async function fillBase(tree: string, root: string, image: Image): Promise<void> {
  const { systemPrograms, settings, mountPoints, links, user, workingDirectory } = image;
  await execa('cp', ['--archive', '--no-target-directory', tree, root]);
  await Promise.all(unused.map((path) => rm(join(root, path), { recursive: true, force: true })));
  await mkdir(join(root, 'usr/sbin'));
  for (const program of systemPrograms) await cp(join(tree, 'usr/sbin', program), join(root, 'usr/sbin', program));
  for (const program of await readdir(join(root, 'usr/bin'))) {
    if (unusedPrograms.test(program)) await rm(join(root, 'usr/bin', program));
  }
  // Licences stay, manuals go.
  await execa('find', [join(root, 'usr/share/doc'), '-not', '-type', 'd', '-not', '-name', 'copyright', '-delete']);
  await execa('find', [join(root, 'usr/share/doc'), '-type', 'd', '-empty', '-delete']);
  await execa('find', [root, '-xtype', 'l', '-not', '-path', '*/proc/*', '-delete']);
  await execa('find', [root, '-perm', '/6000', '-type', 'f', '-delete']);

  await writeCertificates(root);
  await writeAccounts(root, user);
  for (const [path, text] of Object.entries(settings)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await mkdir(join(root, 'dev'));
  for (const directory of ['var/tmp', 'tmp']) {
    await mkdir(join(root, directory), { recursive: true });
    await chmod(join(root, directory), 0o1777);
  }
  await mkdir(join(root, 'usr/local/bin'), { recursive: true });
  await symlink('/run', join(root, 'var/run'));
  for (const directory of mountPoints) await mkdir(join(root, directory), { recursive: true });
  for (const [path, target] of Object.entries(links)) await symlink(target, join(root, path));
  for (const directory of [user.home, workingDirectory]) {
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

async function writeAccounts(root: string, { name, id, home }: Image['user']): Promise<void> {
  const own = id === 0 ? [] : [`${name}:x:${id}:${id}:octopipeline:${home}:/bin/sh`];
  const rootShell = id === 0 ? '/bin/sh' : '/usr/sbin/nologin';
  const lines = (all: readonly string[]) => all.map((line) => `${line}\n`).join('');
  await writeFile(join(root, 'etc/passwd'), lines([`root:x:0:0:root:/root:${rootShell}`, ...own]));
  await writeFile(join(root, 'etc/group'), lines(['root:x:0:', ...(id === 0 ? [] : [`${name}:x:${id}:`])]));
  await writeFile(join(root, 'etc/nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
}
