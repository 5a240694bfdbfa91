import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import lock from '../../image/image.lock.json' with { type: 'json' };
import { imageReference } from '../../test/cluster/rig.js';

const namespace = 'demo';

/** Prints a command, then runs it. */
async function show(program: string, ...args: string[]): Promise<void> {
  process.stdout.write(`\n$ ${[program, ...args].join(' ')}\n`);
  await execa(program, args, { stdio: 'inherit' });
}

const kubectl = (...args: string[]) => show('test/cluster/kubectl', '--namespace', namespace, ...args);
const restricted = ['enforce', 'audit', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=restricted`);

/**
 * Installs `dist/`. If the new image differs from the locked one, because the machine has a different Go or Debian has newer packages, no
 * registry has the digest in `dist/`: then it installs a synth with the new image, as a platform team would.
 */
async function install(): Promise<void> {
  const image = await imageReference();
  if (image === `${lock.image}@${lock.digest}`) {
    await kubectl('apply', '--filename', 'dist/');
    return;
  }
  process.stdout.write(
    `\nThe image built on this machine differs from the locked one, so a copy of dist/ is generated for it.\n`,
  );
  const folder = await mkdtemp(join(tmpdir(), 'octopipeline-demo-'));
  try {
    const config = join(folder, 'config.ts');
    const outdir = join(folder, 'dist');
    await writeFile(config, `export default { image: '${image}' };\n`);
    await show('npm', 'run', '--silent', 'synth', '--', '--config', config, '--outdir', outdir);
    await kubectl('apply', '--filename', outdir);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * The main use case on a real cluster: starts one, installs `dist/`, runs the Pipeline `build-push` on the sample application, shows the
 * result, and stops the cluster again.
 * @param keep leaves the cluster running
 */
export async function clusterDemo(keep: boolean): Promise<void> {
  try {
    await show('npm', 'run', '--silent', 'build');
    await show('test/cluster/up', '--without-flux');
    await show('test/cluster/kubectl', 'delete', 'namespace', namespace, '--ignore-not-found');
    await show('test/cluster/kubectl', 'create', 'namespace', namespace);
    await show('test/cluster/kubectl', 'label', 'namespace', namespace, ...restricted);
    await install();
    await kubectl('create', '--filename', 'examples/build-push.yaml');
    const logs = ['pipelinerun', 'logs', '--namespace', namespace, '--last', '--follow'];
    await show('test/cluster/tkn', ...logs, '--exit-with-pipelinerun-error');
    await kubectl('get', 'configmap', 'image-info-web', '--output', 'yaml');
    if (keep) process.stdout.write('\nThe cluster is still running; stop it with test/cluster/down\n');
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    if (!keep) await show('test/cluster/down');
  }
}
