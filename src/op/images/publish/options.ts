import { option, type RequestOf } from '../../kit/options/option.js';
import { storeOptions } from '../../store/choose/options.js';

const configmapPrefix = option.text('prefix of the ConfigMaps, which are named PREFIX-IMAGE', {
  value: '<prefix>',
  default: 'image-info',
});

const listDigest = option.text(
  'digest of the list, as the command that wrote it gave LIST_DIGEST; another list is refused',
  {
    value: '<sha256:…>',
  },
);

/** The options of `op publish`. */
export const publishOptions = {
  buildResult: option.text('image list that op push wrote', { value: '<file>', otherwise: 'build_result.json' }),
  listDigest,
  namespace: option.text('namespace of the ConfigMaps', {
    value: '<name>',
    otherwise: "the namespace of the kubeconfig, or the pod's",
  }),
  imageName: option.text('image of the list to publish, by its name in skaffold.yaml', {
    value: '<name>',
    otherwise: 'all',
  }),
  gitRevision: option.text('full ID of the commit that was built', {
    value: '<commit>',
    required: {
      why: 'an image without its commit cannot be traced back',
      hint: 'give the result commit of git-clone, or --git-revision="$(git rev-parse HEAD)"',
    },
  }),
  gitUrl: option.text('repository of that commit, stored as an annotation', { value: '<url>' }),
  reusedImages: option.list(
    'images that the build found and did not build, as it gave REUSED_IMAGES; their ConfigMaps say so',
    { value: '<image>' },
  ),
  configmapPrefix,
  configmap: option.text('name of the ConfigMap, for a list of one image', {
    value: '<name>',
    otherwise: 'PREFIX-IMAGE',
  }),
  ...storeOptions,
  timeout: option.duration('time limit for publishing', { default: '2m' }),
};

export type PublishFlags = RequestOf<typeof publishOptions>;

/** The options of every command that works on built images: those of a list, or those that were published. */
export const imagesOptions = {
  buildResult: option.text('image list that op push or op promote-image wrote', {
    value: '<file>',
    otherwise: 'build_result.json',
  }),
  listDigest,
  imageName: option.list('images of the list to use, by their names in skaffold.yaml', {
    value: '<name>',
    otherwise: 'all',
  }),
  fromImageInfo: option.flag('read the images from the ConfigMaps that op publish wrote, not from the list'),
  imageInfoNamespace: option.text('namespace of these ConfigMaps', {
    value: '<name>',
    otherwise: "the namespace of the kubeconfig, or the pod's",
  }),
  configmapPrefix,
  ...storeOptions,
};

/** Which images a command works on. */
export type ImagesSource = RequestOf<typeof imagesOptions>;
