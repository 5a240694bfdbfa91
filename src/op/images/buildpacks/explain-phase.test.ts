import { describe, expect, it } from 'vitest';
import { explainPhase } from './explain-phase.js';

const subject = { image: 'web', target: 'r.io/team/web:1', builder: 'acme/builder:1' };
const explain = (phase: string, exitCode: number, ...lines: string[]) => explainPhase(phase, exitCode, lines, subject);

describe('a phase that failed', () => {
  it('is an input error if no buildpack detects an application', () => {
    const error = explain(
      'detect',
      20,
      '======== Results ========',
      'fail: a@1',
      'ERROR: No buildpack groups passed detection.',
    );
    expect(error).toMatchObject({ kind: 'input', why: expect.stringMatching(/fail: a@1$/u) });
  });

  it('is a tool error if a buildpack failed to check', () => {
    expect(explain('detect', 21, 'err:  a@1')).toMatchObject({
      kind: 'tool',
      message: expect.stringContaining('failed to check'),
    });
  });

  it('is an input error if the builder is too old or too new', () => {
    expect(explain('detect', 12, 'ERROR: buildpack API version 0.2 is incompatible')).toMatchObject({ kind: 'input' });
  });

  it('shows the message of the registry', () => {
    const said = 'ERROR: failed to export: HEAD https://r.io/v2/team/web/blobs/x: unexpected status code 403 Forbidden';
    expect(explain('export', 62, 'Adding layer x', said)).toMatchObject({
      message: 'cannot push r.io/team/web:1',
      why: expect.stringContaining('403 Forbidden'),
      hint: expect.stringContaining('may push to r.io'),
    });
  });

  it('suggests memory as the cause if it was killed', () => {
    expect(explain('build', 137)).toMatchObject({ why: expect.stringContaining('too much memory') });
  });
});
