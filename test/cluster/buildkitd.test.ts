import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTool, withTools } from '../tools.js';
import { type ClusterBuildKit, startBuildKit } from './buildkit.js';
import {
  createNamespace,
  createRun,
  digest,
  enter,
  imageReference,
  logs,
  registry,
  registryForPods,
  registryService,
  removeNamespace,
  waitForRun,
} from './rig.js';

const { PATH = '' } = withTools(['buildctl']);
const program = findTool('buildctl', PATH) ?? '';

describe('the optional buildkitd', () => {
  let buildkit: ClusterBuildKit;
  let work: string;
  let namespace: string;

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'octopipeline-buildkitd-'));
    namespace = await createNamespace('buildkit');
    [buildkit] = await Promise.all([startBuildKit(), startBuildKit()]);
  });
  afterAll(async () => {
    await removeNamespace(namespace);
    await rm(work, { recursive: true });
  });

  /** buildctl on this machine, in the cluster's network. */
  const buildctl = (tls: readonly string[], ...args: readonly string[]) =>
    enter(program, ['--addr', buildkit.addressByIp, '--tlsservername', buildkit.serverName, ...tls, ...args], {
      mayFail: true,
    });
  const asClient = () => ['--tlsdir', buildkit.clientCertificates];

  async function build(image: string, dockerfile: string) {
    const context = await mkdtemp(join(work, 'context-'));
    await writeFile(join(context, 'Dockerfile'), dockerfile);
    await writeFile(join(context, 'page.html'), 'hello\n');
    const local = ['--local', `context=${context}`, '--local', `dockerfile=${context}`];
    const output = ['--output', `type=image,name=${image},push=true`];
    return buildctl(
      asClient(),
      'build',
      '--no-cache',
      '--progress=plain',
      '--frontend=dockerfile.v0',
      ...local,
      ...output,
    );
  }

  it('lists its workers to a client with a certificate', async () => {
    const { stdout, exitCode } = await buildctl(asClient(), 'debug', 'workers');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('linux/amd64');
  });

  it('answers a restricted pod that has the Secret, by the name of the Service', async () => {
    await buildkit.clientSecret(namespace);
    const run = await createRun(namespace, await workersTaskRun(buildkit.address));
    expect(await waitForRun(run)).toMatchObject({ succeeded: true });
    expect(await logs(run)).toContain('linux/amd64');
  });

  describe('refuses, only by closing the connection,', () => {
    const refused = async (...tls: readonly string[]) => {
      const { stdout, stderr, exitCode } = await buildctl(tls, 'debug', 'workers');
      expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 });
      expect(stderr).toContain('Unavailable');
    };
    const ca = () => ['--tlscacert', join(buildkit.clientCertificates, 'ca.crt')];
    const pair = (directory: string) => [
      '--tlscert',
      join(directory, 'tls.crt'),
      '--tlskey',
      join(directory, 'tls.key'),
    ];

    it('a client without a certificate', () => refused(...ca()));

    it('a client without TLS', () => refused());

    it('a certificate from another CA', async () => {
      const other = join(work, 'other');
      await mkdir(other);
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
      const files = ['-keyout', join(other, 'tls.key'), '-out', join(other, 'tls.crt')];
      const usage = ['-subj', '/CN=shop-team', '-addext', 'extendedKeyUsage=clientAuth'];
      await execa('openssl', ['req', '-x509', ...key, ...usage, ...files]);
      await refused(...ca(), ...pair(other));
    });

    it('its own certificate, which is for servers', () =>
      refused(...ca(), ...pair(join(dirname(buildkit.clientCertificates), 'server'))));
  });

  it.each([registryForPods, registryService])('builds an image from scratch and pushes it to %s', async (host) => {
    const name = `${namespace}/scratch-${host === registryForPods ? 'address' : 'service'}:1`;
    const { stderr, exitCode } = await build(`${host}/${name}`, 'FROM scratch\nCOPY page.html /\n');
    expect(exitCode, stderr).toBe(0);
    expect(await digest(`${registry}/${name}`)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('runs RUN steps behind seccomp, without the right to mount, in the cgroup of its pod', async () => {
    const { stderr, exitCode } = await build(
      `${registryForPods}/${namespace}/run:1`,
      `FROM ${registryForPods}/rig/busybox:1
USER 0:0
RUN grep Seccomp: /proc/self/status && cat /proc/self/cgroup && ! mount -t tmpfs none /tmp
`,
    );
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/Seccomp:\s+2/);
    expect(stderr).toMatch(/kubepods.*\/buildkit\//);
  });
});

/** A Task that asks buildkitd for its workers, with everything that Pod Security `restricted` requires. */
async function workersTaskRun(address: string): Promise<string> {
  return JSON.stringify({
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { generateName: 'workers-' },
    spec: {
      podTemplate: {
        securityContext: { runAsNonRoot: true, fsGroup: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      },
      workspaces: [{ name: 'buildkit-client', secret: { secretName: 'buildkit-client' } }],
      taskSpec: {
        workspaces: [{ name: 'buildkit-client' }],
        steps: [
          {
            name: 'workers',
            image: await imageReference(),
            command: ['buildctl'],
            args: [`--addr=${address}`, '--tlsdir=$(workspaces.buildkit-client.path)', 'debug', 'workers'],
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
          },
        ],
      },
    },
  });
}
