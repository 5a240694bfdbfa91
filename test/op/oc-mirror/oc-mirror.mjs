#!/usr/bin/env node
/**
 * Stands in for oc-mirror v2, which cannot be had here: takes its documented flags, values and combinations, refuses the others with its
 * words, and does to files what it does, with text for images. What an image is named says what becomes of it: `missing` fails, `slow`
 * waits for the file `go-on` beside `working-dir`. Source: openshift/oc-mirror, `NewMirrorCmd`, `Validate`, `Complete`, `BuildArchive`, `logResult` (August 2026).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const kinds = {
  string: () => true,
  bool: (text) => /^(?:1|t|T|true|TRUE|True|0|f|F|false|FALSE|False)$/.test(text),
  uint: (text) => /^\d{1,18}$/.test(text),
  uint16: (text) => /^\d{1,5}$/.test(text) && Number(text) < 65_536,
  int: (text) => /^-?\d{1,18}$/.test(text),
  duration: (text) => /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/.test(text),
};
const flags = {
  ...{ config: 'string', 'cache-dir': 'string', 'log-level': 'string', workspace: 'string', port: 'uint16' },
  ...{ v2: 'bool', 'parallel-layers': 'uint', 'parallel-images': 'uint', 'registries.d': 'string', policy: 'string' },
  ...{ authfile: 'string', 'retry-times': 'int', 'retry-delay': 'duration', 'tls-verify': 'bool' },
  ...{ 'src-tls-verify': 'bool', 'dest-tls-verify': 'bool', from: 'string', 'dry-run': 'bool', quiet: 'bool' },
  ...{ force: 'bool', since: 'string', 'image-timeout': 'duration', 'secure-policy': 'bool' },
  ...{ 'max-nested-paths': 'int', 'strict-archive': 'bool', 'rootless-storage-path': 'string' },
  ...{ 'remove-signatures': 'bool', 'ignore-release-signature': 'bool' },
};
const letters = { c: 'config', p: 'port', q: 'quiet', f: 'force' };
const keywords = [
  ...['cluster-resources', 'dry-run', 'graph-preparation', 'helm', 'hold-operator', 'hold-release', 'delete'],
  ...['logs', 'operator-catalogs', 'release-images', 'signatures'],
];

const say = (level, text) => console.log(`2026/11/27 02:00:00  [${level}]   : ${text}`);
class Failure extends Error {
  constructor(text, exitCode = 1) {
    super(text);
    this.exitCode = exitCode;
  }
}
const fail = (text, exitCode) => {
  throw new Failure(text, exitCode);
};

/** As pflag reads a command line. */
function parse(args) {
  const values = {};
  const words = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index];
    const [, long, letter, given] = /^(?:--([^=]+)|-([a-z]))(?:=(.*))?$/s.exec(arg) ?? [];
    if (long === undefined && letter === undefined) {
      words.push(arg);
      continue;
    }
    const name = long ?? letters[letter];
    const kind = flags[name];
    if (kind === undefined)
      fail(long === undefined ? `unknown shorthand flag: '${letter}' in ${arg}` : `unknown flag: --${long}`);
    let value = given;
    if (value === undefined && kind === 'bool') value = 'true';
    if (value === undefined) {
      index += 1;
      if (index >= args.length) fail(`flag needs an argument: --${name}`);
      value = args[index];
    }
    if (!kinds[kind](value)) fail(`invalid argument "${value}" for "--${name}" flag`);
    values[name] = kind === 'bool' ? /^(?:1|t)/i.test(value) : value;
  }
  return { values, words };
}

function validate({ values, words }) {
  const [to = ''] = words;
  const keyword = (text) => keywords.find((word) => text.includes(word));
  if (values.workspace && !values.workspace.startsWith('file://')) {
    fail('when --workspace is used, it must have file:// prefix');
  }
  if (!['info', 'debug', 'trace', 'error'].includes(values['log-level'] ?? 'info')) fail('invalid log-level');
  if (process.env.OC_MIRROR_CACHE && values['cache-dir']) {
    fail('either OC_MIRROR_CACHE or --cache-dir can be used but not both');
  }
  if (words.length === 0) fail('requires at least 1 arg(s), only received 0');
  if (!values.config) fail('use the --config flag it is mandatory');
  const toDisk = to.includes('file://');
  if (toDisk && values.from) fail('when destination is file://, the --from argument is not needed');
  if (toDisk && keyword(to)) fail(`the destination contains an internal oc-mirror keyword '${keyword(to)}'`);
  if (values.from && !values.from.includes('file://')) fail('when --from is used, it must have file:// prefix');
  if (values.from && keyword(values.from)) fail('the path set in --from flag contains an internal oc-mirror keyword');
  if (values.since && (!/^\d{4}-\d\d-\d\d$/.test(values.since) || Number.isNaN(Date.parse(values.since)))) {
    fail('--since flag needs to be in format yyyy-MM-dd');
  }
  for (const name of ['parallel-images', 'parallel-layers']) {
    const value = Number(values[name] ?? 4);
    if (value < 1 || value > 10) fail(`the flag ${name} must be between the range 1 to 10`);
  }
  if (toDisk && values.workspace) fail('when destination is file://, the --workspace argument is not needed');
  const toRegistry = to.includes('docker://');
  if (toRegistry && values.workspace && values.from) fail('--from and --workspace cannot be used together');
  if (toRegistry && !values.workspace && !values.from) fail('either --from or --workspace need to be provided');
  if (!toDisk && !toRegistry) fail('destination must have either file:// or docker:// protocol prefixes');
  if (toRegistry) {
    const registry = to.slice('docker://'.length);
    const [host, ...path] = registry.split('/');
    if (path.length > 0 && !/[.:]/.test(host) && host !== 'localhost') fail(`registry mismatch: ${registry}`);
    if (path.join('/').includes(':') || path.join('/').includes('@'))
      fail(`reference "${registry}" contains tag or digest`);
  }
  return toDisk ? 'to-disk' : values.from ? 'from-disk' : 'direct';
}

/** The images of a configuration by kind. Real oc-mirror refuses unknown fields and asks a catalog and a release graph. */
function imagesOf(file) {
  const text = readFileSync(file, 'utf8');
  if (!/^kind: ImageSetConfiguration$/m.test(text)) fail('cannot parse config: kind is not ImageSetConfiguration');
  if (/storageConfig/.test(text)) fail('error unmarshaling: unknown field "storageConfig"');
  const found = { release: [], operator: [], additional: [], helm: [] };
  let kind;
  for (const line of text.split('\n')) {
    const [, section] = /^ {2}(platform|operators|additionalImages|helm):/.exec(line) ?? [];
    if (section)
      kind = { platform: 'release', operators: 'operator', additionalImages: 'additional', helm: 'helm' }[section];
    // A catalog has packages and channels, which have names, too.
    const key = kind === 'operator' ? 'catalog' : 'name';
    const [, name] = new RegExp(`^\\s+- ${key}: ['"]?([^'"\\s]+)`).exec(line) ?? [];
    if (name && kind) found[kind].push(name);
  }
  if (Object.values(found).every(({ length }) => length === 0)) fail('no images to copy');
  return found;
}

const portOf = ({ port = '55000' }) =>
  new Promise((done, failed) => {
    const server = createServer();
    server.once('error', () => failed(new Failure(`${port} is already bound and cannot be used`)));
    server.listen(Number(port), 'localhost', () => done(server));
  });

async function main(args) {
  if (!args.includes('--v2')) {
    console.error('the use of the flag --v1 or --v2 is mandatory');
    return 255;
  }
  const line = parse(args);
  const workflow = validate(line);
  const { values, words } = line;
  const images = imagesOf(values.config);
  const server = await portOf(values);
  try {
    return await mirror(workflow, values, words[0], images);
  } finally {
    server.close();
  }
}

async function mirror(workflow, values, to, images) {
  const root = (workflow === 'to-disk' ? to : (values.from ?? values.workspace)).slice('file://'.length);
  const work = basename(root) === 'working-dir' ? root : join(root, 'working-dir');
  const cache = join(values['cache-dir'] ?? process.env.HOME, '.oc-mirror/.cache');
  for (const folder of ['logs', 'cluster-resources', '.history']) mkdirSync(join(work, folder), { recursive: true });
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(work, 'logs/command-line.json'), JSON.stringify(process.argv.slice(2)));
  say('INFO', '👋 Hello, welcome to oc-mirror');
  say('INFO', `🔀 workflow mode: ${workflow} `);
  if (workflow === 'to-disk') {
    for (const name of readdirSync(root).filter((one) => /^mirror_.*\.tar$/.test(one))) unlinkSync(join(root, name));
  }
  if (workflow === 'from-disk' && !readdirSync(root).some((name) => /^mirror_\d{6}\.tar$/.test(name))) {
    fail(`no tar archives matching "mirror_[0-9]{6}\\.tar" found in "${root}"`);
  }
  // The real one has no lock: its cache would be damaged.
  const inUse = join(cache, 'in-use');
  writeFileSync(inUse, '', { flag: 'wx' });
  try {
    return await copy({ workflow, values, root, work, cache, images });
  } finally {
    rmSync(inUse);
  }
}

async function copy({ workflow, values, root, work, cache, images }) {
  const all = Object.entries(images).flatMap(([kind, names]) => names.map((name) => ({ kind, name })));
  if (values['dry-run']) {
    mkdirSync(join(work, 'dry-run'), { recursive: true });
    writeFileSync(
      join(work, 'dry-run/mapping.txt'),
      all.map(({ name }) => `docker://${name}=docker://site/${name}\n`).join(''),
    );
    say('INFO', `📄 list of all images for mirroring in : ${join(work, 'dry-run/mapping.txt')}`);
    return 0;
  }
  const bits = { release: 2, operator: 4, additional: 8, helm: 16 };
  const errors = [];
  let exitCode = 0;
  for (const { kind, name } of all) {
    while (name.includes('slow') && !existsSync(join(root, 'go-on'))) await sleep(100);
    if (!name.includes('missing')) {
      writeFileSync(join(cache, encodeURIComponent(name)), name);
      continue;
    }
    errors.push(`error mirroring image docker://${name} error: initializing source: reading manifest: not found`);
    exitCode |= bits[kind];
    if (kind === 'release') fail(`[ReleaseImageCollector] ${errors[0]}`, 2);
  }
  say('INFO', '=== Results ===');
  for (const [kind, names] of Object.entries(images)) {
    const copied = names.filter((name) => !name.includes('missing')).length;
    if (names.length === 0) continue;
    if (copied === names.length) say('INFO', `✓ ${copied} / ${copied} ${kind} images mirrored successfully`);
    else {
      say(
        'INFO',
        `✗ ${copied} / ${names.length} ${kind} images mirrored: Some ${kind} images failed to be mirrored - please check the logs`,
      );
    }
  }
  if (errors.length > 0) {
    for (const error of errors) say('ERROR', `[Worker] ${error}`);
    writeFileSync(join(work, 'logs/mirroring_errors_20261127_020000.txt'), `${errors.join('\n')}\n`);
    // Versions before 4.19 did so (issue 1153).
    if (process.env.OC_MIRROR_FORGETS_TO_FAIL) return 0;
    say('ERROR', '[Executor] [Worker] some errors occurred during the mirroring. ');
    return exitCode;
  }
  if (workflow === 'to-disk') archive({ values, root, work, cache });
  else writeFileSync(join(work, 'cluster-resources/idms-oc-mirror.yaml'), 'kind: ImageDigestMirrorSet\n');
  say('INFO', '👋 Goodbye, thank you for using oc-mirror');
  return 0;
}

/** An archive with the blobs that the history does not have, which is written after it. */
function archive({ values, root, work, cache }) {
  const prefix = '.history-';
  const before = values.since === undefined ? Number.POSITIVE_INFINITY : Date.parse(values.since);
  const history = join(work, '.history');
  const runs = readdirSync(history)
    .filter((name) => name.startsWith(prefix) && Date.parse(name.slice(prefix.length)) < before)
    .toSorted();
  const last = runs.at(-1);
  const known = last === undefined ? [] : readFileSync(join(history, last), 'utf8').split('\n').filter(Boolean);
  const blobs = readdirSync(cache).filter((name) => name !== 'in-use');
  const added = blobs.filter((name) => !known.includes(name));
  writeFileSync(join(root, 'mirror_000001.tar'), `${added.map(decodeURIComponent).join('\n')}\n`);
  if (existsSync(join(root, 'stop-here'))) process.kill(process.pid, 'SIGKILL');
  const stamp = process.env.OC_MIRROR_NOW ?? `${new Date().toISOString().slice(0, 19)}Z`;
  writeFileSync(join(history, `${prefix}${stamp}`), `${[...known, ...added].join('\n')}\n`);
  say('INFO', `📦 ${statSync(join(root, 'mirror_000001.tar')).size} bytes`);
}

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  say('ERROR', `[Executor] ${error.message} `);
  return error.exitCode ?? 1;
});
