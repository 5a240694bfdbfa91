/**
 * Adds to package-lock.json the binaries of other platforms that npm left out, because the registry that it used does not serve them:
 * `npm ci` refuses a lock without them. Run after `npm install` behind such a mirror. It cannot know their hashes, and a test refuses
 * entries without: remove them and run `npm install --package-lock-only` where the registry serves them.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface Entry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const systems = 'aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32';
const processors = 'arm64|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64|wasm32';
const platform = new RegExp(`(?:(${systems})-)?(${processors})(?:-(gnu|musl|gnueabihf|musleabihf))?`, 'u');

const file = 'package-lock.json';
const lock: { packages: Record<string, Entry> } = JSON.parse(readFileSync(file, 'utf8'));

for (const { dev, optionalDependencies = {} } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const place = `node_modules/${name}`;
    if (place in lock.packages) continue;
    const [, os, cpu, libc] = platform.exec(name.split('/').at(-1) ?? '') ?? [];
    if (cpu === undefined) throw new Error(`${name}@${version}: its name does not contain a platform`);
    lock.packages[place] = {
      version,
      ...{ cpu: [cpu] },
      ...(dev === true ? { dev } : {}),
      ...(libc === undefined ? {} : { libc: [libc.startsWith('musl') ? 'musl' : 'glibc'] }),
      ...{ optional: true },
      ...(os === undefined ? {} : { os: [os] }),
    };
  }
}

lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
