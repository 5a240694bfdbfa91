import { param, workspace } from '../src/tekton/index.js';
import { imageInfoParams } from '../tasks/steps/environment.js';

/** What a pod may ask in its own namespace to know whether the run that holds a Lease is over. */
export const runRules = [
  { apiGroups: ['tekton.dev'], resources: ['pipelineruns', 'taskruns'], verbs: ['get', 'list', 'watch'] },
];

/** What a pod may do to read the ConfigMaps with image info of its own namespace. */
export const readInfoRules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }];

/** In a Pipeline an environment need not have manifests: what comes after proves that it runs the images all the same. */
export const manifestsOptional = param.oneOf(['true', 'false'], {
  default: 'true',
  description: 'Whether environments.yaml may have an environment without manifests: something else updates it',
});

/** The credentials for the registries of the environments: whoever may write to production's is not to be seen where a repository's code runs. */
export const promotionDockerconfig = workspace.secret({
  optional: true,
  description:
    'Credentials that read the images and write to the registries of the environments; the build does not see them',
});

/** Image info is what a Pipeline starts from that builds nothing, unless it is told of a list. */
export const publishedParams = {
  ...imageInfoParams,
  'from-image-info': param.oneOf(['true', 'false'], {
    default: 'true',
    description: 'Whether the images are those of the ConfigMaps with image info, not those of the list',
  }),
};

/** The credentials of the Git repository with the manifests, which is another than that of the application. */
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
