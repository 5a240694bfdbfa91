import { afterAll, beforeAll, expect, test } from 'vitest';
import { kubectl } from './command.js';
import { createSite, finish, removeSite, type Site } from './deliver-run.js';
import { commitFiles, readCommitted } from './repository.js';
import { digest } from './rig.js';

let site: Site;

beforeAll(async () => {
  site = await createSite('trust');
});
afterAll(() => removeSite(site));

test('a build that leaves a process, which replaces the list of images, is not published and reaches no environment', async () => {
  const { fleet, namespace, app, start } = site;
  const before = await readCommitted(fleet.git, 'dev/shop.yaml');
  const revision = await commitFiles(app, {
    'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: web
      custom: {buildCommand: sh build.sh}
`,
    'build.sh': `sh replace.sh </dev/null >/dev/null 2>&1 &
tar -cf /tmp/layer.tar build.sh
crane append --oci-empty-base --new_layer /tmp/layer.tar --new_tag "$IMAGE"
`,
    // The image exists, and its list is valid: it belongs to another application.
    'replace.sh': `trap '' HUP TERM
list=/source/build_result.json
until [ -s $list ]; do :; done
sed 's#"tag":"\\([^/]*\\)/[^:]*:#"tag":"\\1/other/application:#' $list > $list.mine
mv $list.mine $list
`,
  });
  const { outcome, log } = await finish(await start(revision, 'pp'));
  expect(outcome, log).toMatchObject({ succeeded: false });
  expect(log).toMatch(/\[build : record\] error: \/source\/build_result\.json names \S+\/other\/application:/u);
  expect(log).not.toContain('[publish : ');
  expect(log).not.toContain('[to-');
  const published = await kubectl([
    'get',
    'configmap',
    '--selector=app.kubernetes.io/component=image-info',
    '--output=name',
    `--namespace=${namespace}`,
  ]);
  expect(published.trim()).toBe('');
  expect(await readCommitted(fleet.git, 'dev/shop.yaml')).toBe(before);
  expect(await digest(`${fleet.repositoryOf('pp')}/web:${revision.slice(0, 7)}`)).toBeUndefined();
});
