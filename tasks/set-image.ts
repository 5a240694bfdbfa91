import { task } from '../src/tekton/index.js';
import { cloneWorkspaces } from './steps/clone.js';
import {
  buildResultFlag,
  environmentParams,
  environmentWorkspaces,
  imagesParams,
  imagesWorkspaces,
  registryParams,
  withApiToken,
} from './steps/environment.js';
import { metadata } from './steps/metadata.js';
import { manifestsParams, manifestsResults, setImageStep } from './steps/set-image.js';

/** Commits the digests of images into the manifests of an environment. */
export const setImage = task('set-image', {
  ...metadata({
    displayName: 'Set images in manifests',
    description:
      'Writes which images an environment runs, by digest, into the YAML of its Git repository (HelmRelease values, kustomize images, any path), and pushes the commit. Comments and formatting stay as they are.',
    categories: ['Git', 'Deployment'],
    tags: ['gitops', 'flux', 'delivery'],
  }),
  ...withApiToken,
  params: { ...environmentParams, ...imagesParams, properties: registryParams.properties, ...manifestsParams },
  results: manifestsResults,
  workspaces: { source: imagesWorkspaces.source, ...environmentWorkspaces, ...cloneWorkspaces },
  steps: (scope) => [setImageStep(scope, buildResultFlag(scope.params, scope.workspaces.source))],
});
