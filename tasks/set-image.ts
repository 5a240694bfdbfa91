import { task } from '../src/tekton/index.js';
import { cloneWorkspaces } from './steps/clone.js';
import {
  environmentParams,
  environmentWorkspaces,
  imagesParams,
  imagesWorkspaces,
  registryParams,
  withApiToken,
} from './steps/environment.js';
import { metadata } from './steps/metadata.js';
import { manifestsParams, manifestsResults, setImageStep } from './steps/set-image.js';

/** Commits image digests to the manifests of an environment. */
export const setImage = task('set-image', {
  ...metadata({
    displayName: 'Set images in manifests',
    description:
      'Writes image digests into the YAML of the Git repository of an environment (HelmRelease values, kustomize images, any path), and pushes the commit. Keeps comments and formatting.',
    categories: ['Git', 'Deployment'],
    tags: ['gitops', 'flux', 'delivery'],
  }),
  ...withApiToken,
  params: { ...environmentParams, ...imagesParams, properties: registryParams.properties, ...manifestsParams },
  results: manifestsResults,
  workspaces: { source: imagesWorkspaces.source, ...environmentWorkspaces, ...cloneWorkspaces },
  steps: (scope) => [setImageStep(scope)],
});
