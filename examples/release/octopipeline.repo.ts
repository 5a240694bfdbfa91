/** What the releases of this repository share. */
import { repository } from 'octopipeline/release';

export default repository({
  alias: 'shop',
  trigger: ({ commit, log }) => log(`start a job that runs: git checkout ${commit} && op work any`),
});
