import { describe, expect, it } from 'vitest';
import { parseRunFile } from './run-file.js';

const parse = (...lines: string[]) => parseRunFile('.run.yaml', `${lines.join('\n')}\n`);
const of = (entry: string) => parse('contexts:', `  api: ${entry}`).contexts.get('api');

describe('a run file', () => {
  it('has registry, tag, and the settings of each context', () => {
    const file = parse(
      'default_repo: localhost:5001/shop',
      'tag: v1',
      'contexts:',
      '  api:',
      '    ports: ["8081:8080"]',
      '    env:',
      '      PORT: "8080"',
      '    volumes: ["./public:/app/public"]',
      '  web: {}',
    );
    expect(file.defaultRepo).toEqual({ value: 'localhost:5001/shop', origin: '.run.yaml:1' });
    expect(file.tag).toEqual({ value: 'v1', origin: '.run.yaml:2' });
    expect(Object.fromEntries(file.contexts)).toEqual({
      api: { ports: ['8081:8080'], env: { PORT: '8080' }, volumes: ['./public:/app/public'] },
      web: { ports: undefined, env: {}, volumes: [] },
    });
  });

  it.each(['', '---', '# nothing', 'contexts:', 'contexts: {}', 'default_repo:', 'tag: ""'])('can be "%s"', (text) => {
    expect(parse(text)).toEqual({
      name: '.run.yaml',
      defaultRepo: undefined,
      tag: undefined,
      contexts: new Map(),
      unknownKeys: [],
    });
  });

  it('distinguishes an empty list of ports from no list', () => {
    expect(of('{ports: []}')?.ports).toEqual([]);
    expect(of('{ports: }')?.ports).toBeUndefined();
    expect(of('')?.ports).toBeUndefined();
  });

  it.each([
    ['1.10', '1.10'],
    ['true', 'true'],
    ['Yes', 'Yes'],
    ['0644', '0644'],
    ['0x1F', '0x1F'],
    ['1e3', '1e3'],
    ['90071992547409931', '90071992547409931'],
    ['2026-01-02', '2026-01-02'],
    ['"a b"', 'a b'],
    ['""', ''],
    ['"null"', 'null'],
    ['', null],
    ['~', null],
  ])('keeps the value %s as written', (yaml, value) => {
    expect(of(`{env: {X: ${yaml}}}`)?.env).toEqual({ X: value });
    if (value) expect(parse(`tag: ${yaml}`).tag?.value).toBe(value);
  });

  it('accepts a number as a port', () => expect(of('{ports: [8080, 22:22]}')?.ports).toEqual(['8080', '22:22']));

  it('can use anchors and merge keys', () => {
    const { contexts } = parse(
      'x-env: &env {LEVEL: debug, SIZE: 1}',
      'contexts:',
      '  a: {env: {<<: *env, SIZE: 2}}',
      '  b: {env: *env}',
    );
    expect(contexts.get('a')?.env).toEqual({ LEVEL: 'debug', SIZE: '2' });
    expect(contexts.get('b')?.env).toEqual({ LEVEL: 'debug', SIZE: '1' });
  });

  it('reports unknown keys', () => {
    expect(parse('contexts: {api: {port: 80, env: {}}}').unknownKeys).toEqual(['contexts.api.port']);
  });

  it.each([
    ['- a', 'line 1: it must be an object with default_repo, tag and contexts'],
    ['a: [', expect.stringContaining('at line 2')],
    ['a: *nowhere', expect.stringContaining('nowhere')],
    ['default_repo: [a]', expect.stringContaining('default_repo must be a string')],
    ['contexts: [api]', expect.stringContaining('contexts must be an object')],
    ['contexts: {api: {ports: "8080:8080"}}', 'line 1: contexts.api.ports must be a list'],
    ['contexts: {api: {ports: [{a: 1}]}}', expect.stringContaining('contexts.api.ports.0 must be a string')],
    ['contexts: {api: {env: [A=s3cret]}}', expect.stringContaining('contexts.api.env must be NAME: VALUE pairs')],
    ['contexts: {api: {env: {A: [s3cret]}}}', expect.stringContaining('contexts.api.env.A must be a string')],
    ['contexts: {api: s3cret}', 'line 1: contexts.api must be an object with ports, env and volumes'],
  ])('is rejected as %s, without showing a value', (text, why) => {
    let error: unknown;
    try {
      parse(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ kind: 'input', message: '.run.yaml is not a valid run file', why });
    expect(JSON.stringify(error) + String(error)).not.toContain('s3cret');
  });
});
