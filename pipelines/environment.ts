import { param, workspace } from '../src/tekton/index.js';
import { imageInfoParams } from '../tasks/steps/environment.js';

/** What a pod may read in its own namespace to find out whether the run that holds a Lease has finished. */
export const runRules = [
  { apiGroups: ['tekton.dev'], resources: ['pipelineruns', 'taskruns'], verbs: ['get', 'list', 'watch'] },
];

/** What a pod may do to read the ConfigMaps with image info of its own namespace. */
export const readInfoRules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }];

/** In a Pipeline an environment may have no manifests: the next step still proves that it runs the images. */
export const manifestsOptional = param.oneOf(['true', 'false'], {
  default: 'true',
  description: 'Allow environments without manifests in environments.yaml, which something else updates',
});

/** The credentials for the registries of the environments: code of a repository must not see those that can write to production. */
export const promotionDockerconfig = workspace.secret({
  optional: true,
  description:
    'Credentials that can read the images and write to the registries of the environments; the build does not see them',
});

/** A Pipeline that builds nothing starts from image info, unless it is given a list. */
export const publishedParams = {
  ...imageInfoParams,
  'from-image-info': param.oneOf(['true', 'false'], {
    default: 'true',
    description: 'Read the images from the ConfigMaps with image info, not from the list',
  }),
};

/** The credentials of the Git repository with the manifests, which is not that of the application. */
export const manifestsWorkspaces = {
  'manifests-ssh-directory': workspace.secret({
    optional: true,
    description: 'For manifests at an ssh URL: a kubernetes.io/ssh-auth Secret with ssh-privatekey and known_hosts',
  }),
  'manifests-basic-auth': workspace.secret({
    optional: true,
    description: 'For manifests at an https URL: a kubernetes.io/basic-auth Secret',
  }),
  'manifests-ssl-ca-directory': workspace.config({
    optional: true,
    description: "Certificates of an authority to trust for the manifests' server: ca.crt, tls.crt or ca-bundle.crt",
  }),
};
