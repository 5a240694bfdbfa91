import { expect, test } from 'vitest';
import { describeOption, flagNameOf, option, type RequestOf } from './option.js';
import { readRequest } from './read-request.js';

const required = { why: 'it has no default', hint: 'give one' };
const options = {
  url: option.text('repository', { required }),
  revision: option.text('branch', { otherwise: 'the default branch' }),
  depth: option.text('commits', { default: '1' }),
  submodules: option.flag('submodules', { default: true }),
  form: option.choice('format', ['text', 'json'], { default: 'text' }),
  plan: option.choice('plan', ['table', 'json'], { bare: 'table' }),
  mirrors: option.list('mirrors', { variable: 'OP_IMAGE_MIRRORS' }),
  jobs: option.count('images in parallel', { default: 4 }),
  timeout: option.duration('time limit', { default: '10m' }),
};

test('the type of a request follows from its options', () => {
  const request: RequestOf<typeof options> = readRequest('clone', options, { url: ['https://git.example.com/shop'] });
  const url: string = request.url;
  const revision: string | undefined = request.revision;
  const form: 'text' | 'json' = request.form;
  const plan: 'table' | 'json' | undefined = request.plan;
  const submodules: boolean = request.submodules;
  const mirrors: readonly string[] = request.mirrors;
  const milliseconds: number = request.timeout;
  expect({ url, revision, form, plan, submodules, mirrors, milliseconds }).toEqual({
    url: 'https://git.example.com/shop',
    revision: undefined,
    form: 'text',
    plan: undefined,
    submodules: true,
    mirrors: [],
    milliseconds: 600_000,
  });
});

test('a wrong use of a request or an option does not compile', () => {
  const request = readRequest('clone', options, { url: ['x'] });
  // @ts-expect-error no option has this name
  expect(request.reversion).toBeUndefined();
  // @ts-expect-error without a default it may be missing
  const revision: string = request.revision;
  // @ts-expect-error a choice is one of its words
  const form: 'yaml' = request.form;
  // @ts-expect-error a duration is a number of milliseconds
  const timeout: string = request.timeout;
  // @ts-expect-error the default of a choice is one of its words
  const wrongChoice = () => option.choice('format', ['text', 'json'], { default: 'yaml' });
  // @ts-expect-error the default of a duration has a unit
  const wrongDuration = () => option.duration('time limit', { default: '10' });
  // @ts-expect-error a required option has no default
  const wrongText = () => option.text('x', { required, default: 'y' });
  expect([revision, form, timeout, wrongChoice, wrongDuration, wrongText]).toHaveLength(6);
});

test.each([
  ['revision', 'branch (default: the default branch)'],
  ['depth', 'commits (default: 1)'],
  ['form', 'format: text, json (default: text)'],
  ['mirrors', 'mirrors (repeatable, or comma-separated); also OP_IMAGE_MIRRORS'],
  ['timeout', 'time limit, such as 90s, 10m or 1h30m (default: 10m)'],
] as const)('the help of %s is "%s"', (name, help) => expect(describeOption(options[name])).toBe(help));

test('the name of a flag is that of its option in kebab case', () => {
  expect(flagNameOf('sparseCheckoutDirectories')).toBe('sparse-checkout-directories');
});
