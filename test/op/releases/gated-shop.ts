/** A release with a build, which has a secret, and a deployment to each environment, which waits for an approval. Functions write to `log` in HOME. */
export const gatedShop = {
  'shop.release.mjs': `
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { approval, release } from 'octopipeline/release';

const note = (...words) => appendFileSync(join(process.env.HOME, 'log'), words.join(' ') + '\\n');
export default release('shop', ({ environments, phase, call, deploy }) => {
  const build = call('build', {
    run: ({ secret, log, release }) => {
      log('the password is ' + secret('s3cret'));
      return { image: 'shop:' + release.name };
    },
  });
  phase('build', [build]);
  phase('deploy', environments().map((environment) => deploy(environment, {
    inputs: { image: build.output.image },
    gates: [approval()],
    up: ({ inputs }) => note('up', environment.name, inputs.image),
    down: () => note('down', environment.name),
  })));
});
`,
  'environments.release.mjs': `
import { release } from 'octopipeline/release';
export default release('environments', ({ registerEnvironment }) => void registerEnvironment('dev'));
`,
};

/** Its deployment. */
export const gatedItem = 'git.example.com/acme/shop/-/shop.release.mjs/@r1/deploy/dev';
