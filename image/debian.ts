/** Debian packages, extracted without running any of their scripts. */
import { readFile, rm } from 'node:fs/promises';
import { execa } from 'execa';
import { BuildError } from './error.js';
import { suite } from './inputs.js';

/** One Debian package as the archive served it. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

/**
 * Extracts the packages into `directory` and lists them. Takes about 15 s.
 * On a machine of the same Debian release, its own package sources are used, elsewhere mmdebstrap's default for that release.
 */
export async function extract(directory: string, packages: readonly string[]): Promise<readonly DebianPackage[]> {
  await rm(directory, { recursive: true, force: true });
  const list = `${directory}.packages`;
  const result = await execa(
    'mmdebstrap',
    [
      '--quiet',
      '--variant=extract',
      '--architectures=amd64',
      `--include=${packages.join(',')}`,
      '--aptopt=APT::Install-Recommends "false"',
      '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
      `--extract-hook=cd "$1/var/cache/apt/archives" && sha256sum -- *.deb >"$PACKAGE_LIST"`,
      suite,
      directory,
      ...(await machineSources()),
    ],
    { env: { PACKAGE_LIST: list }, reject: false, all: true },
  );
  if (result.failed) {
    throw new BuildError(
      'extracting the Debian packages failed',
      result.code === 'ENOENT' ? 'mmdebstrap is not installed' : (result.all?.trim().split('\n').at(-1) ?? ''),
      'apt-get install mmdebstrap, and check that apt-get update works',
    );
  }
  return (await readFile(list, 'utf8')).trim().split('\n').map(parsePackage);
}

async function machineSources(): Promise<readonly string[]> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (!release.split('\n').includes(`VERSION_CODENAME=${suite}`)) return [];
  const files = ['/etc/apt/sources.list', '/etc/apt/sources.list.d/debian.sources'];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  const own = files.filter((_, index) => texts[index]?.includes(suite));
  return own;
}

/** Reads `HASH  NAME_VERSION_ARCHITECTURE.deb`, where a colon in a version is written %3a. */
function parsePackage(line: string): DebianPackage {
  const [sha256 = '', file = ''] = line.split(/\s+/);
  const [name = '', version = ''] = file.split('_');
  return { name, version: decodeURIComponent(version), sha256 };
}
