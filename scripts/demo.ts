/**
 * `npm run demo`: the Pipeline `build-push` and then a promotion, as they are in `dist/`, on this machine; `npm run demo -- --cluster`
 * runs `build-push` on a real Kubernetes instead, which it starts and stops.
 */
const options = process.argv.slice(2);
const unknown = options.find((option) => !['--cluster', '--keep'].includes(option));
if (unknown !== undefined || (options.includes('--keep') && !options.includes('--cluster'))) {
  process.stderr.write('usage: npm run demo [-- --cluster [--keep]]\n');
  process.exitCode = 2;
} else if (options.includes('--cluster')) {
  const { clusterDemo } = await import('./demo/cluster.js');
  await clusterDemo(options.includes('--keep'));
} else {
  const { localDemo } = await import('./demo/local.js');
  await localDemo();
}
