import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { testContext } from '../../../../test/op/test-context.js';
import { withTools } from '../../../../test/tools.js';
import { parseReference, type Reference } from '../../systems/registry/reference.js';
import { evaluateTemplates } from './evaluate.js';
import type { Project } from './project.js';

let room: string;
beforeAll(async () => {
  room = await mkdtemp(join(tmpdir(), 'evaluate-'));
});
afterAll(() => rm(room, { recursive: true, force: true }));

const env = { SET: 'x y', EMPTY: '', NESTED: '{{.SET}}', IMAGE_TAG: 'of the environment' };

/** What Skaffold itself writes for a template, into the command of a builder that ends before it builds anything. */
async function bySkaffold(template: string): Promise<string> {
  const directory = await mkdtemp(join(room, 'build-'));
  const buildCommand = `printf %s '${template}' > written; exit 1`;
  const artifacts = [{ image: 'app', custom: { buildCommand } }];
  const build = { tagPolicy: { sha256: {} }, artifacts };
  await writeFile(
    join(directory, 'skaffold.yaml'),
    stringify({ apiVersion: 'skaffold/v4beta11', kind: 'Config', build }),
  );
  try {
    const flags = ['--push', '--default-repo=localhost:1', '--interactive=false', '--update-check=false'];
    execFileSync('skaffold', ['build', ...flags, '--cache-artifacts=false'], {
      cwd: directory,
      env: { ...withTools(['skaffold']), HOME: room, ...env },
      stdio: 'pipe',
    });
  } catch {
    // The command ends with 1.
  }
  return readFile(join(directory, 'written'), 'utf8').catch(() => 'not evaluated');
}

function byOp(template: string, target?: Reference) {
  const { context } = testContext({ cwd: room, env: { ...withTools(['skaffold']), HOME: room, ...env } });
  const project: Project = {
    ...{ directory: room, file: 'skaffold.yaml', profiles: [], namespace: undefined, platforms: [], insecure: [] },
    env: {},
  };
  return evaluateTemplates(context, project, 'app', { KEY: template, PLAIN: 'plain', BARE: null }, target);
}

describe('a template of a value', () => {
  it.each([
    ['{{.SET}}', 'x y'],
    ['a {{ .SET }} b', 'a x y b'],
    ['{{.EMPTY}}', ''],
    ['{{.NESTED}}', '{{.SET}}'],
    ['{{"{{"}}.SET}}', '{{.SET}}'],
    ['{{default "z" .UNSET}}', 'z'],
    ['{{.UNSET | default "z"}}', 'z'],
    ['{{if .UNSET}}a{{else}}b{{end}}', 'b'],
    ['{{.SET | upper -}}  ', 'X Y'],
    ['{{/* nothing */}}', ''],
    ['{{.IMAGE_TAG}}', 'of the environment'],
    [' {{.SET}}\nline two\n', ' x y\nline two\n'],
  ])('%j is %j, as Skaffold writes it', async (template, value) => {
    expect(await bySkaffold(template)).toBe(value);
    expect(await byOp(template)).toEqual({ KEY: value, PLAIN: 'plain', BARE: null });
  });

  it.each(['{{.API_KEY}}', '{{ .API_KEY }}', '{{.SET}} {{.API_KEY}}', 'a {{.API_KEY}} b'])(
    '%j is refused where Skaffold writes <no value>',
    async (template) => {
      expect(await bySkaffold(template)).toContain('<no value>');
      await expect(byOp(template)).rejects.toMatchObject({
        kind: 'input',
        message: 'KEY of app in skaffold.yaml has no value',
        why: `its template ${template} needs a variable that is not set: API_KEY`,
        hint: 'set the variable, or write a default: {{default "x" .API_KEY}}',
      });
    },
  );

  it.each(['{{.SET', '{{.API_KEY | upper}}', '{{noFunction}}'])('%j is refused as Skaffold does', async (template) => {
    expect(await bySkaffold(template)).toBe('not evaluated');
    await expect(byOp(template)).rejects.toMatchObject({ kind: 'input' });
  });

  it('of a Dockerfile knows the name of the image', async () => {
    const target = parseReference('r.example.com/team/app:v1');
    if ('problem' in target) throw new Error(target.problem);
    expect(await byOp('{{.IMAGE_REPO}} {{.IMAGE_NAME}} {{.IMAGE_TAG}}', target)).toMatchObject({
      KEY: 'r.example.com/team app v1',
    });
  });
});
