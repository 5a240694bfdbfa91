import { param, pipeline, workspace } from '../src/tekton/index.js';
import { buildPush } from '../tasks/build-push.js';
import { gitClone } from '../tasks/git-clone.js';
import { publishImageInfo } from '../tasks/publish-image-info.js';

/** The peer of the Pipeline `build-push`: the same three commands with the same values, each in its own TaskRun, so three pods. */
export const buildPushApart = pipeline(
  'build-push-apart',
  {
    params: { url: param.string(), repository: param.string(), 'insecure-registries': param.string() },
    workspaces: { source: workspace() },
  },
  (p) => {
    const { source } = p.workspaces;
    const clone = p.task('clone', gitClone, { params: { url: p.params.url }, workspaces: { source } });
    const build = p.task('build', buildPush, {
      params: { repository: p.params.repository, 'insecure-registries': p.params['insecure-registries'] },
      workspaces: { source },
      after: [clone],
    });
    p.task('publish', publishImageInfo, {
      params: { 'git-revision': build.results['CHAINS-GIT_COMMIT'], 'git-url': build.results['CHAINS-GIT_URL'] },
      workspaces: { source },
    });
  },
);
