import { buildOptions } from '../../images/plan/options.js';
import { option } from '../../kit/options/option.js';
import { command } from '../commander/command.js';

const planOptions = {
  plan: option.choice('only show which engine would build each image, and why', ['table', 'json'], {
    value: '[form]',
    bare: 'table',
  }),
};

/** `op build`: do the images of skaffold.yaml build, and what would build them? */
export const build = command({
  name: 'build',
  description: 'build the images of skaffold.yaml without pushing them',
  options: { ...buildOptions, ...planOptions },
  run: async (context, { plan, ...request }) => {
    if (plan !== undefined) {
      const { showPlan } = await import('../../images/plan/show-plan.js');
      return showPlan(context, request, plan);
    }
    const { build } = await import('../../images/push/build.js');
    await build(context, request);
  },
});
