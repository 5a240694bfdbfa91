/** What an author of a release cannot write: `tsc` checks that each of these lines is an error, and that the others are none. */
import { param, pipeline, result, task } from '../../src/index.js';
import { attribute, release, tekton, withDefault } from '../../src/release.js';

export const network = release('network', ({ environments, phase, call, deploy }) => {
  const plan = call('plan', { run: async () => ({ size: 3 }) });
  const deployed = environments().map((environment) =>
    deploy(environment, { up: () => ({ vpc: 'vpc-1', zones: ['a', 'b'] }), down: () => {} }),
  );
  phase('plan', [plan]);
  phase('network', deployed);
  return { plan, deployed };
});

export const shop = release('shop', ({ environments, phase, call, deploy, custom, of }) => {
  const build = call('build', { run: async () => ({ image: 'shop:1', layers: 4 }) });
  const silent = call('silent', { run: async () => {} });
  // @ts-expect-error an output that the call does not have
  build.output.imgae;
  // @ts-expect-error a call without outputs
  silent.output.image;
  const other = of<typeof network>('network.release.ts');
  // @ts-expect-error a call that the other release does not have
  other.call('plann');
  // @ts-expect-error a default of another type
  withDefault(build.output.image, 3);
  // @ts-expect-error a filter that is neither attributes nor a function
  environments().where('staging');
  // @ts-expect-error a program with its arguments in one text is no item
  phase('build', ['npm run build']);
  const anywhere = { name: 'x', attributes: {} };
  // @ts-expect-error a deployment without a down
  deploy(anywhere, { up: () => {} });
  // @ts-expect-error a function is no input
  call('wrong', { inputs: { run: () => {} }, run: () => {} });
  // @ts-expect-error an output that the other release does not have
  other.deploy(anywhere).subnet;
  call('hands off', {
    run: async ({ handOff }) => {
      const both = await handOff(({ inputs }) => ({ text: `${inputs.image} ${inputs.size.toFixed()}` }), {
        image: build.output.image,
        size: 3,
      });
      // @ts-expect-error an output that the next function does not have
      both.txt;
      // @ts-expect-error an input that the next function is not given
      return handOff(({ inputs }) => ({ image: inputs.imgae }), { image: build.output.image });
    },
  });
  phase('build', [build, silent]);
  phase(
    'deploy',
    environments().map((environment) =>
      deploy(environment, {
        inputs: {
          image: build.output.image,
          layers: build.output.layers,
          vpc: other.deploy(environment).vpc,
          zones: other.deploy(environment).zones,
          size: withDefault(other.call('plan').size, 1),
          replicas: withDefault(custom<number>('replicas'), 2),
          region: attribute(environment, 'region'),
        },
        up: ({ inputs }) => {
          const image: string = inputs.image;
          const sum: number = inputs.layers + inputs.size + inputs.replicas;
          const words: readonly string[] = [image, inputs.vpc, inputs.region, ...inputs.zones];
          // @ts-expect-error an input that is not given
          inputs.imgae;
          // @ts-expect-error an input of another type
          const wrong: number = inputs.image;
          return { sum, words: [...words], wrong };
        },
        down: ({ inputs, exec }) => exec('echo', [inputs.image]),
      }),
    ),
  );
});

const scan = task('scan', {
  params: {
    image: param.string(),
    level: param.oneOf(['low', 'high'], { default: 'low' }),
    paths: param.array({ default: [] }),
  },
  results: { found: result.string(), names: result.array() },
  steps: () => [],
});
const scanAll = pipeline('scan-all', { params: { image: param.string() } }, (p) => {
  const one = p.task('one', scan, { params: { image: p.params.image } });
  return { found: one.results.found };
});

export const scanned = release('scanned', ({ phase, call, deploy, custom }) => {
  const build = call('build', { run: () => ({ image: 'shop:1', layers: 4 }) });
  const one = call('one', { run: tekton(scan, { params: { image: build.output.image, paths: ['a'] } }) });
  const all = call('all', { run: tekton(scanAll, { params: { image: build.output.image } }) });
  const named = call('named', {
    run: tekton({ task: 'sign', files: ['tekton/'], results: ['url'] }, { params: { names: one.output.names } }),
  });
  // @ts-expect-error a result that the Task does not have
  one.output.fuond;
  // @ts-expect-error a result that the Pipeline does not have
  all.output.names;
  // @ts-expect-error a result that is not named
  named.output.digest;
  // @ts-expect-error a Task without a param that it requires
  tekton(scan, { params: {} });
  // @ts-expect-error a param that the Task does not have
  tekton(scan, { params: { image: 'shop:1', imgae: 'shop:1' } });
  // @ts-expect-error a param that the Pipeline does not have
  tekton(scanAll, { params: { image: 'shop:1', level: 'low' } });
  // @ts-expect-error a value that the param does not allow
  tekton(scan, { params: { image: 'shop:1', level: 'medium' } });
  // @ts-expect-error an output of another type
  tekton(scan, { params: { image: build.output.layers } });
  // @ts-expect-error a workspace that the Task does not have
  tekton(scan, { params: { image: 'shop:1' }, workspaces: { source: { emptyDir: true } } });
  // @ts-expect-error a Task by its name, without the files that it is in
  tekton({ task: 'sign' });
  phase('all', [build, one, all, named]);
  const anywhere = { name: 'x', attributes: {} };
  const there = deploy(anywhere, {
    inputs: { size: custom<number>('size') },
    up: tekton(scan, { params: { image: named.output.url } }),
    down: ({ inputs }) => inputs.size.toFixed(),
  });
  const found: readonly { readonly ref: string }[] = [there.output.found, there.output.names];
  phase('deploy', [there]);
  return found;
});
