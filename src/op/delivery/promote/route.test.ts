import { describe, expect, it } from 'vitest';
import { testContext } from '../../../../test/op/test-context.js';
import { OpError } from '../../kit/errors/op-error.js';
import { readEnvironments } from '../environments/read.js';
import { routeOf } from './route.js';

const { context } = testContext({ cwd: '/nowhere', env: { IMAGE_REPOSITORY_QA: 'r.io/qa' } });
const environments = await readEnvironments(context, {});
const defaults = { source: undefined, destination: undefined, until: undefined, allowSkip: false };

function refusal(
  parts: Partial<typeof defaults | Record<'source' | 'destination' | 'until', string>>,
  allowSkip = false,
) {
  try {
    routeOf(environments, { ...defaults, ...parts, allowSkip });
  } catch (error) {
    if (error instanceof OpError) return `${error.kind}: ${error.message}: ${error.why}`;
    throw error;
  }
  return 'allowed';
}

describe('the order of promotion', () => {
  it.each([
    ['dev', 'pp'],
    ['pp', 'prod'],
  ])('allows %s to %s', (source, destination) => expect(refusal({ source, destination })).toBe('allowed'));

  it.each([
    ['dev', 'prod', 'pp would be skipped'],
    ['prod', 'pp', 'pp comes before prod'],
    ['pp', 'dev', 'dev comes before pp'],
    ['qa', 'prod', 'qa is not in the order of promotion'],
    ['dev', 'qa', 'qa is not in the order of promotion'],
  ])('refuses %s to %s, unless --allow-skip is given', (source, destination, why) => {
    expect(refusal({ source, destination })).toBe(
      `refused: nothing is promoted from ${source} to ${destination}: ${why}`,
    );
    expect(routeOf(environments, { ...defaults, source, destination, allowSkip: true }).warning).toBe(why);
  });

  it.each([true, false])('refuses pp to pp, with --allow-skip=%s', (allowSkip) => {
    expect(refusal({ source: 'pp', destination: 'pp' }, allowSkip)).toContain(
      'refused: nothing is promoted from pp to pp',
    );
  });

  it('does not go beyond the end of the delivery', () => {
    expect(refusal({ source: 'pp', destination: 'prod', until: 'pp' })).toContain(
      'refused: nothing is promoted to prod',
    );
    expect(refusal({ source: 'dev', destination: 'pp', until: 'prod' })).toBe('allowed');
  });

  it('needs no source only for the first environment', () => {
    expect(routeOf(environments, { ...defaults, destination: 'dev' }).source).toBeUndefined();
    expect(refusal({ destination: 'pp' })).toContain('usage: op promote-image needs --source');
    expect(refusal({ source: 'dev' })).toContain('usage: op promote-image needs --destination');
  });

  it.each(['nope', '../dev', '--dev', 'DEV', 'dev\n', '$(id)'])('refuses %j, which is not an environment', (source) => {
    expect(refusal({ source, destination: 'pp' })).toContain('input: unknown environment');
  });
});
