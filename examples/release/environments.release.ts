/** The environments that there are at the beginning; `op environment` adds, changes and removes others. */
import { release } from 'octopipeline/release';

export default release('environments', ({ registerEnvironment }) => {
  registerEnvironment('staging', { type: 'staging' });
  registerEnvironment('production', { type: 'production' });
});
