/** Builds a site once, and deploys it to staging, and to production a day after that, when somebody has said yes. */
import { approval, type Gate, release, soak, withDefault } from 'octopipeline/release';

export default release('shop', ({ environments, phase, call, deploy, custom }) => {
  const build = call('build', {
    run: async ({ exec }) => {
      const { stdout } = await exec('git', ['rev-parse', '--short', 'HEAD']);
      return { version: stdout.trim() };
    },
  });
  phase('build', [build]);

  const to = (type: string, gates: readonly Gate[] = []) =>
    phase(
      type,
      environments()
        .where({ type })
        .map((environment) =>
          deploy(environment, {
            inputs: { version: build.output.version, greeting: withDefault(custom<string>('greeting'), 'Hello') },
            gates,
            up: async ({ inputs, exec }) => {
              await exec('node', ['site.mjs', 'up', environment.name, `${inputs.greeting} from ${inputs.version}`]);
              return { file: `sites/${environment.name}.html` };
            },
            down: ({ exec }) => exec('node', ['site.mjs', 'down', environment.name]),
          }),
        ),
    );
  to('staging');
  to('production', [soak('24h'), approval()]);
});
