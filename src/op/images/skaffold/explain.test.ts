import { describe, expect, it } from 'vitest';
import { explainFailure, failedImages } from './explain.js';

const command = { program: 'skaffold', args: [] };
const failed = { exitCode: 1, stdout: '', stderr: '', ended: 'failed' } as const;
const explain = (...lines: string[]) => explainFailure('skaffold.yaml', command, failed, lines);

describe('a failed build', () => {
  const lines = [
    'Building [base]...',
    'Build [base] succeeded',
    'Building [app]...',
    'broken',
    'Building [web]...',
    'Build [web] was canceled',
  ];

  it('names the image that failed, not those that were stopped because of it', () => {
    expect(failedImages(lines)).toEqual(['app']);
    expect(explain(...lines, 'building custom artifact: exit status 3')).toMatchObject({
      kind: 'tool',
      message: 'building app failed',
      why: expect.stringContaining('broken\n'),
    });
  });

  it('is bad input when Skaffold cannot read its file', () => {
    expect(
      explain('parsing skaffold config: error parsing skaffold configuration file: missing apiVersion'),
    ).toMatchObject({
      kind: 'input',
      message: 'Skaffold cannot read skaffold.yaml',
      why: 'missing apiVersion',
    });
  });

  it('is bad input when Skaffold rejects a value of the file, and reports it once', () => {
    const said = 'line 6 column 12: invalid image "a:v1": no tag should be specified';
    expect(explain(`invalid skaffold config: ${said}`, said)).toMatchObject({
      kind: 'input',
      message: 'Skaffold cannot read skaffold.yaml',
      why: said,
    });
  });

  it('suggests a fix when the registry refuses the push', () => {
    const refusal =
      'Error: pushing image r.io:5000/app:1: HEAD http://r.io:5000/v2/app/manifests/1: unexpected status code 401 Unauthorized';
    expect(explain('Building [app]...', refusal)).toMatchObject({
      hint: expect.stringContaining('crane auth login r.io:5000'),
    });
  });

  it('suggests a fix when no Docker daemon answers', () => {
    const text =
      'Build Failed. Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Check if docker is running.';
    expect(explain(text)).toMatchObject({ hint: expect.stringContaining('needs no Docker daemon') });
  });
});
