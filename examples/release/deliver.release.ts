/** What the Pipeline `deliver` does, as a release: builds once, and brings the same images to one environment after the other. */
import { cloneBuildPushTask, deliverEnvironmentTask } from 'octopipeline';
import { release, tekton } from 'octopipeline/release';

export default release('deliver', ({ environments, phase, call, deploy }) => {
  const workspaces = { source: { claim: 'shop' } };
  const params = { url: 'https://git.example.com/acme/shop.git', repository: 'registry.example.com/dev' };
  const build = call('build', { run: tekton(cloneBuildPushTask, { params, workspaces }) });
  phase('build', [build]);

  let proven = { from: '', 'build-result': 'build_result.json', 'list-digest': build.output.LIST_DIGEST };
  for (const environment of ['dev', 'pp', 'prod'].flatMap((name) => environments().where((one) => one.name === name))) {
    const to = deploy(environment, {
      up: tekton(deliverEnvironmentTask, { params: { ...proven, environment: environment.name }, workspaces }),
      down: ({ log }) => log('its manifests stay as they are: remove them from their repository'),
    });
    phase(environment.name, [to]);
    proven = {
      from: environment.name,
      'build-result': `build_result.${environment.name}.json`,
      'list-digest': to.output.LIST_DIGEST,
    };
  }
});
