import { expect, it } from 'vitest';
import { watchProgress } from './progress.js';

const time = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const vertex = (digest: string, name: string, more: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({ vertexes: [{ digest, name, ...more }] });
const log = (digest: string, text: string) =>
  JSON.stringify({ logs: [{ vertex: digest, data: Buffer.from(text).toString('base64') }] });

it('shows steps in the order in which they start, and their output as whole lines', () => {
  const lines: string[] = [];
  const progress = watchProgress((line) => lines.push(line));
  for (const line of [
    vertex('a', '[internal] load build definition from Dockerfile', { started: time(0) }),
    vertex('b', '[1/2] FROM busybox', {}),
    vertex('c', '[2/2] RUN <<EOF\necho', { started: time(1) }),
    log('c', 'one\r\ntw'),
    vertex('b', '[1/2] FROM busybox', { started: time(2), completed: time(2), cached: true }),
    log('c', 'o\n10%\r20%\rend'),
    vertex('c', '[2/2] RUN <<EOF\necho', { started: time(1), completed: time(4) }),
  ]) {
    progress.onLine(line);
  }
  expect(lines).toEqual([
    '#1 [2/2] RUN <<EOF echo',
    '#1   one',
    '#2 [1/2] FROM busybox (cached)',
    '#1   two',
    '#1   10%',
    '#1   20%',
    '#1   end',
    '#1 done in 3.0 s',
  ]);
  expect(progress.counts()).toEqual({ steps: 2, cached: 1 });
  expect(progress.failed()).toBeUndefined();
});

it('reports the step that failed, not those that were cancelled because of it', () => {
  const progress = watchProgress(() => {});
  progress.onLine(vertex('a', '[1/2] RUN a', { started: time(1) }));
  progress.onLine(vertex('b', '[2/2] RUN b', { started: time(1) }));
  progress.onLine(log('b', 'last words'));
  progress.onLine(vertex('a', '[1/2] RUN a', { started: time(1), completed: time(2), error: 'context canceled' }));
  progress.onLine(vertex('b', '[2/2] RUN b', { started: time(1), completed: time(2), error: 'exit code: 1' }));
  expect(progress.failed()).toEqual({ name: '[2/2] RUN b', error: 'exit code: 1', lines: ['last words'] });
});

it('keeps lines that are not progress reports, and shows each warning once', () => {
  const lines: string[] = [];
  const progress = watchProgress((line) => lines.push(line));
  const warning = JSON.stringify({ warnings: [{ short: Buffer.from('FromAsCasing (line 1)').toString('base64') }] });
  for (const line of [warning, warning, '{ no JSON', 'error: failed to solve: why']) progress.onLine(line);
  expect(lines).toEqual(['warning: FromAsCasing (line 1)']);
  expect(progress.messages()).toEqual(['{ no JSON', 'error: failed to solve: why']);
});

it.each(['{"vertexes":5}', '{"logs":[{"vertex":1,"data":"eA=="}]}', '{"statuses":[null]}'])(
  'keeps %s, which is not a progress report, as a message',
  (line) => {
    const progress = watchProgress(() => {});
    progress.onLine(line);
    expect(progress.messages()).toEqual([line]);
  },
);

it('reports a cache that cannot be read or written, which does not fail the build', () => {
  const lines: string[] = [];
  const progress = watchProgress((line) => lines.push(line));
  const fail = (digest: string, name: string, error: string) =>
    progress.onLine(vertex(digest, name, { started: time(1), completed: time(1), error }));
  fail('a', 'importing cache manifest from r.example.com/c:buildkit', 'r.example.com/c:buildkit: not found');
  fail('b', 'importing cache manifest from r.example.com/d:buildkit', 'dial tcp: connection refused');
  fail('c', 'exporting cache to registry', 'denied');
  expect(lines).toEqual([
    '#1 importing cache manifest from r.example.com/c:buildkit',
    '#1 no cache yet',
    '#2 importing cache manifest from r.example.com/d:buildkit',
    '#2 warning: the build cache cannot be read: dial tcp: connection refused',
    '#3 exporting cache to registry',
    '#3 warning: the build cache cannot be written: denied',
  ]);
  expect(progress.failed()).toBeUndefined();
  fail('d', '[1/2] RUN a', 'exit code: 1');
  expect(progress.failed()).toMatchObject({ name: '[1/2] RUN a' });
});
