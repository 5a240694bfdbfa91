import { describe, expect, it } from 'vitest';
import { toArtifact } from '../../images/skaffold/artifact.js';
import { type Runnable, selectRunnable, settingsFor, unknownContexts } from './contexts.js';
import { parseRunFile } from './run-file.js';

const runnable = (name: string, image: string): Runnable => ({
  name,
  artifact: toArtifact({ image, context: `/repo/${name}` }, { elsewhere: undefined, platforms: [] }),
});
const api = runnable('api', 'shop-api');
const web = runnable('services/web', 'team/web');
const [one, two] = [runnable('.', 'one'), runnable('.', 'two')];
const select = (word: string, ...all: readonly Runnable[]) => selectRunnable(all, word, 'skaffold.yaml').artifact.image;

describe('a name', () => {
  it.each([
    ['api', 'shop-api'],
    ['./api', 'shop-api'],
    ['api/', 'shop-api'],
    ['shop-api', 'shop-api'],
    ['services/web', 'team/web'],
    ['team/web', 'team/web'],
  ])('%s is the image %s', (word, image) => expect(select(word, api, web)).toBe(image));

  it.each(['web', 'ap', 'api2', '', '..', 'API'])('"%s" is unknown', (word) => {
    expect(() => select(word, api, web)).toThrow(expect.objectContaining({ kind: 'input' }));
  });

  it('is looked up among contexts first, then among images', () => {
    expect(select('a', runnable('a', 'b'), runnable('b', 'a'))).toBe('b');
  });

  it('has to be an image when several share a context', () => {
    expect(select('two', one, two)).toBe('two');
    expect(() => select('.', one, two)).toThrow(
      expect.objectContaining({
        message: 'the context "." is ambiguous',
        hint: 'name an image instead, such as op run one',
      }),
    );
  });
});

describe('the settings of a run file', () => {
  const ports = (of: Runnable, all: readonly Runnable[], contexts: Readonly<Record<string, number>>) => {
    const entries = Object.entries(contexts).map(([key, port]) => [key, { ports: [port] }]);
    const file = parseRunFile('.run.yaml', JSON.stringify({ contexts: Object.fromEntries(entries) }));
    return settingsFor(of, all, file).ports?.[0];
  };

  it('are found under the context, else under the image', () => {
    expect(ports(api, [api, web], { api: 1, 'shop-api': 2 })).toBe('1');
    expect(ports(api, [api, web], { './api/': 1 })).toBe('1');
    expect(ports(api, [api, web], { 'shop-api': 2 })).toBe('2');
    expect(ports(api, [api, web], { web: 3 })).toBeUndefined();
  });

  it('are found under the image when several share a context, else under the context', () => {
    expect(ports(two, [one, two], { '.': 1, two: 2 })).toBe('2');
    expect(ports(one, [one, two], { '.': 1, two: 2 })).toBe('1');
  });

  it('of a context are not used for an image with its name', () => {
    const [first, second] = [runnable('a', 'b'), runnable('b', 'c')];
    expect(ports(first, [first, second], { b: 1 })).toBeUndefined();
    expect(ports(second, [first, second], { b: 1 })).toBe('1');
  });

  it('can have an unknown name', () => {
    const file = parseRunFile('.run.yaml', 'contexts: {./api: {}, shop-api: {}, nobody: {}}');
    expect(unknownContexts([api, web], file)).toEqual(['nobody']);
  });
});
