import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { withTools } from '../tools.js';

/** Runs crane or regctl with no configuration but that these registries have no TLS, and gives stdout. @param logins a docker config */
export async function registryTool(
  program: 'crane' | 'regctl',
  args: readonly string[],
  input = '',
  logins = '/nowhere',
): Promise<string> {
  const hosts = [...args.join(' ').matchAll(/localhost:\d+/gu)].map(([host]) => host);
  const plain = program === 'regctl' ? [...new Set(hosts)].map((host) => `--host=reg=${host},tls=disabled`) : [];
  const env = { ...withTools([program]), REGCTL_CONFIG: '/dev/null', DOCKER_CONFIG: logins };
  const { stdout } = await execa(program, [...args, ...plain], { env, extendEnv: false, input });
  return stdout.trim();
}

/** Pushes an image with one layer of so many random bytes. @returns its digest */
export async function pushImage(reference: string, bytes = 1000): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'pushed-image-'));
  try {
    await writeFile(join(directory, 'content'), randomBytes(bytes));
    await execa('tar', ['-C', directory, '-cf', join(directory, 'layer.tar'), 'content']);
    await registryTool('crane', ['append', '--oci-empty-base', '-f', join(directory, 'layer.tar'), '-t', reference]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return registryTool('crane', ['digest', reference]);
}

/** Pushes an image for two platforms. @returns the digest of its index, and those of both images */
export async function pushIndex(
  reference: string,
): Promise<{ readonly index: string; readonly images: readonly string[] }> {
  const [repository = ''] = reference.split(/:(?=[^/]*$)/u);
  const images: string[] = [];
  for (const platform of ['linux/amd64', 'linux/arm64']) {
    const single = `${repository}:${platform.replace('/', '-')}`;
    await pushImage(single);
    await registryTool('crane', ['mutate', `--set-platform=${platform}`, '-t', single, single]);
    images.push(await registryTool('crane', ['digest', single]));
  }
  const parts = images.flatMap((digest) => ['-m', `${repository}@${digest}`]);
  await registryTool('crane', ['index', 'append', ...parts, '-t', reference]);
  return { index: await registryTool('crane', ['digest', reference]), images };
}

const manifestTypes = ['oci.image.index.v1', 'oci.image.manifest.v1', 'docker.distribution.manifest.v2'];

/** What a tag names at a registry without TLS, asked without a tool, which takes long to start. @returns its digest, if there is one */
export async function digestByHead(reference: string): Promise<string | undefined> {
  const [, host, path, tag] = /^([^/]+)\/(.+):([^:/]+)$/u.exec(reference) ?? [];
  const headers = { accept: manifestTypes.map((type) => `application/vnd.${type}+json`).join(', ') };
  const answer = await fetch(`http://${host}/v2/${path}/manifests/${tag}`, { method: 'HEAD', headers });
  if (answer.status !== 200 && answer.status !== 404) throw new Error(`${reference}: ${answer.status}`);
  return answer.headers.get('docker-content-digest') ?? undefined;
}

/** Pushes a manifest that refers to an image, by the referrers API or its fallback tag, as the registry has it. @returns its digest */
export async function attach(image: string, type: string, content = type): Promise<string> {
  const put = [
    'artifact',
    'put',
    `--subject=${image}`,
    `--artifact-type=${type}`,
    '--format={{.Manifest.GetDescriptor.Digest}}',
  ];
  return registryTool('regctl', put, content);
}
