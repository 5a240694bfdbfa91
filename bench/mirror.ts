import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { bundle } from '../scripts/bundle.js';
import { startPlainRegistry } from '../test/op/local-registry.js';
import { type Asked, startUnrulyRegistry, type UnrulyRegistry } from '../test/op/unruly-registry.js';
import { findTool, withTools } from '../test/tools.js';
import { type Benchmark, type Comparison, fasterBy, interleave, type Measurement, took } from './measure.js';

/** Images of the mirror; each has a layer that many share, and one of its own. */
const many = 200;
const layers = { shared: 10, sharedBytes: 1_000_000, ownBytes: 50_000 };
/** Milliseconds added to each request, as on another network. */
const away = 20;
/** Memory that op may use, in MB. */
const room = 200;
/** Of regsync and of op; skopeo copies one image after the other. */
const parallel = 6;
/** Requests to one registry at a time: regsync has 3 unless its file says more. op has 8 for each image that it copies at a time, when it compares. */
const atOnce = 100;

const regclient = ['github.com/regclient/regclient@v0.11.7', 'github.com/regclient/regclient/cmd/regsync'] as const;

/** `op mirror run` beside `regsync once`, as it is and with more requests at a time, and, where it is installed, `skopeo sync`. */
export const mirror: Benchmark = {
  name: 'mirror',
  title: `Mirror of ${many} images between two registries (distribution 2.8)`,
  missing: () => {
    const { PATH = '' } = withTools([]);
    const missing = ['go', 'crane', 'docker-registry'].filter((tool) => findTool(tool, PATH) === undefined);
    return missing.length === 0 ? undefined : `${missing.join(', ')} are missing`;
  },
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'bench-mirror-'));
    const registries = await Promise.all([startPlainRegistry(), startPlainRegistry()]);
    const [source, target] = registries;
    const [here, there] = await Promise.all([startUnrulyRegistry(source.host), startUnrulyRegistry(target.host)]);
    try {
      const op = join(folder, 'op.cjs');
      await bundle(op);
      const shared = Array.from({ length: layers.shared }, () => randomBytes(layers.sharedBytes));
      for (let index = 0; index < many; index++) await pushImage(source.host, index, shared);
      const contenders = createContenders(folder, op, here, there);
      const changed = async () => pushImage(source.host, 0, shared);
      const near = await compare(contenders, 'on loopback', changed);
      for (const side of [here, there]) side.behave(() => ({ delay: away }));
      const far = await compare(contenders, `each request takes ${away} ms longer`, changed);
      return [...near, ...far, memory(contenders, near)];
    } finally {
      await Promise.all([here.stop(), there.stop(), ...registries.map(({ stop }) => stop())]);
      rmSync(folder, { recursive: true });
    }
  },
};

interface Contenders {
  readonly ours: (to: string) => Promise<number>;
  readonly peers: Readonly<Record<string, (to: string) => Promise<number>>>;
  readonly fresh: () => string;
  /** The most memory that op has had, in MB. */
  readonly peak: () => number;
  /** Requests to the source that a registry counts as pulls, in one more run. */
  readonly pulls: (to: string) => Promise<number>;
}

async function compare(
  { ours, peers, fresh, pulls }: Contenders,
  where: string,
  change: () => Promise<void>,
): Promise<readonly Comparison[]> {
  const all = { 'op mirror run': ours, ...peers };
  const first = await interleave(
    1,
    Object.fromEntries(Object.entries(all).map(([label, run]) => [label, () => run(fresh())])),
  );
  const settled = Object.fromEntries(Object.keys(all).map((label) => [label, fresh()]));
  for (const [label, run] of Object.entries(all)) await run(settled[label] ?? '');
  const unchanged = await interleave(
    4,
    Object.fromEntries(Object.entries(all).map(([label, run]) => [label, () => run(settled[label] ?? '')])),
  );
  const counted = await pulls(settled['op mirror run'] ?? '');
  if (counted > 0) throw new Error(`op has pulled ${counted} times though nothing had changed`);
  const moved = await interleave(
    3,
    Object.fromEntries(
      Object.entries(all).map(([label, run]) => [
        label,
        async () => {
          await change();
          return run(settled[label] ?? '');
        },
      ]),
    ),
  );
  return [
    ...beside(`first copy, ${where}`, first, { regsync: 1, skopeo: 1 }),
    ...beside(`nothing changed, ${where}`, unchanged, { regsync: 1, skopeo: 10 }),
    ...beside(`one tag moved, ${where}`, moved, { regsync: 1, skopeo: 1 }),
  ];
}

const beside = (
  what: string,
  measured: Readonly<Record<string, Measurement>>,
  limits: Readonly<Record<string, number>>,
): readonly Comparison[] => {
  const { 'op mirror run': ours, ...peers } = measured;
  if (ours === undefined) return [];
  return Object.entries(peers).map(([label, peer]) =>
    fasterBy(what, ours, peer, limits[label.split(' ')[0] ?? ''] ?? 1),
  );
};

function memory({ peak }: Contenders, [one]: readonly Comparison[]): Comparison {
  if (one === undefined) throw new Error('nothing was measured');
  const found = `${Math.round(peak())} MB`;
  return {
    ...one,
    what: 'peak memory of op in all of these',
    promise: `at most ${room} MB`,
    found,
    ok: peak() <= room,
  };
}

function createContenders(folder: string, op: string, here: UnrulyRegistry, there: UnrulyRegistry): Contenders {
  const env: NodeJS.ProcessEnv = { ...withTools(['crane']), HOME: folder, DOCKER_CONFIG: '/nowhere' };
  const goTool = fileURLToPath(new URL('../image/go-tool', import.meta.url));
  const regsync = execFileSync(goTool, regclient, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const skopeo = findTool('skopeo', env.PATH ?? '');
  const names = Array.from({ length: many }, (_, index) => `hub/app-${index}`);
  let peak = 0;
  let places = 0;
  const run = (program: string, args: readonly string[]) =>
    took(async () => {
      const child = execa(program, args, { cwd: folder, env, extendEnv: false, stdin: 'ignore' });
      const timer = setInterval(() => {
        if (program === process.execPath) peak = Math.max(peak, peakOf(child.pid));
      }, 10);
      await child.finally(() => clearInterval(timer));
    });
  const ours = (to: string) => {
    const file = join(folder, `mirror-${to}.yaml`);
    const sources = names.map((name) => `  - from: ${here.host}/${name}:v1\n`).join('');
    writeFileSync(
      file,
      `version: 1\nrun: { parallel: ${parallel} }\ndefaults: { to: '${there.host}/${to}/{path}' }\nsources:\n${sources}`,
    );
    return run(process.execPath, [op, 'mirror', 'run', `--file=${file}`, `--directory=run-${to}`]);
  };
  const byRegsync = (more: { readonly reqConcurrent?: number }) => (to: string) => {
    const file = join(folder, `regsync-${to}.yaml`);
    const creds = [here, there].map(({ host }) => ({ registry: host, tls: 'disabled', ...more }));
    const sync = names.map((name) => ({
      source: `${here.host}/${name}:v1`,
      target: `${there.host}/${to}/${name}:v1`,
      type: 'image',
    }));
    writeFileSync(file, JSON.stringify({ version: 1, creds, defaults: { parallel }, sync }));
    return run(regsync, ['once', '--config', file]);
  };
  const bySkopeo = (to: string) => {
    const file = join(folder, `skopeo-${to}.yaml`);
    const images = Object.fromEntries(names.map((name) => [name, ['v1']]));
    writeFileSync(file, JSON.stringify({ [here.host]: { 'tls-verify': false, images } }));
    const flags = ['--all', '--src=yaml', '--dest=docker', '--src-tls-verify=false', '--dest-tls-verify=false'];
    return run('skopeo', ['sync', ...flags, file, `${there.host}/${to}`]);
  };
  return {
    ours,
    peers: {
      'regsync once': byRegsync({}),
      [`regsync with reqConcurrent: ${atOnce}`]: byRegsync({ reqConcurrent: atOnce }),
      ...(skopeo === undefined ? {} : { 'skopeo sync': bySkopeo }),
    },
    fresh: () => {
      places += 1;
      return `site${places}`;
    },
    peak: () => peak,
    pulls: async (to) => {
      const before = here.requests.length;
      await ours(to);
      return here.requests.slice(before).filter(isPull).length;
    },
  };
}

const isPull = ({ method, path }: Asked) => method === 'GET' && /\/(?:manifests|blobs)\//u.test(path);

/** Pushes an image without a tool: two hundred of them take seconds. */
async function pushImage(host: string, index: number, shared: readonly Buffer[]): Promise<void> {
  const repository = `http://${host}/v2/hub/app-${index}`;
  const own = randomBytes(layers.ownBytes);
  const content = [shared[index % shared.length] ?? own, own].map((bytes) => gzipSync(bytes, { level: 1 }));
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', index, id: digestOf(own) }));
  for (const blob of [...content, config]) {
    const begun = await fetch(`${repository}/blobs/uploads/`, { method: 'POST' });
    const location = new URL(begun.headers.get('location') ?? '', repository);
    location.searchParams.set('digest', digestOf(blob));
    await fetch(location, { method: 'PUT', body: blob });
  }
  const descriptor = (mediaType: string, blob: Buffer) => ({ mediaType, digest: digestOf(blob), size: blob.length });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: content.map((blob) => descriptor('application/vnd.oci.image.layer.v1.tar+gzip', blob)),
  };
  const put = { method: 'PUT', headers: { 'content-type': mediaType }, body: JSON.stringify(manifest) };
  const stored = await fetch(`${repository}/manifests/v1`, put);
  if (stored.status !== 201) throw new Error(`the registry answered ${stored.status}`);
}

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** The high-water mark of a process's memory in MB. Source: proc(5), VmHWM. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1000;
  } catch {
    // It has ended.
    return 0;
  }
}
