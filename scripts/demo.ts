/**
 * `npm run demo`: the main job on a real cluster. It starts one, installs `dist/`, runs the Pipeline `build-push` on the sample
 * application, shows what came out, and stops the cluster again; `npm run demo -- --keep` leaves it running.
 */
import { execa } from 'execa';

const namespace = 'demo';
const keep = process.argv.includes('--keep');

/** Runs a command as a person would, showing it first. */
async function show(program: string, ...args: string[]): Promise<void> {
  process.stdout.write(`\n$ ${[program, ...args].join(' ')}\n`);
  await execa(program, args, { stdio: 'inherit' });
}

const kubectl = (...args: string[]) => show('test/cluster/kubectl', '--namespace', namespace, ...args);
const restricted = ['enforce', 'audit', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=restricted`);

try {
  await show('npm', 'run', '--silent', 'build');
  await show('test/cluster/up');
  await show('test/cluster/kubectl', 'delete', 'namespace', namespace, '--ignore-not-found');
  await show('test/cluster/kubectl', 'create', 'namespace', namespace);
  await show('test/cluster/kubectl', 'label', 'namespace', namespace, ...restricted);
  await kubectl('apply', '--filename', 'dist/');
  await kubectl('create', '--filename', 'examples/build-push.yaml');
  await show(
    'test/cluster/tkn',
    'pipelinerun',
    'logs',
    '--namespace',
    namespace,
    '--last',
    '--follow',
    '--exit-with-pipelinerun-error',
  );
  await kubectl('get', 'configmap', 'image-info-web', '--output', 'yaml');
  if (keep) process.stdout.write('\nThe cluster runs on; stop it with test/cluster/down\n');
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  if (!keep) await show('test/cluster/down');
}
