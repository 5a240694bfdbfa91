import { publishOptions } from '../src/op/images/publish/options.js';
import { result, task, text, workspace } from '../src/tekton/index.js';
import { imageList, listDigest } from './steps/environment.js';
import { image } from './steps/image.js';
import { metadata } from './steps/metadata.js';
import { optionParams } from './steps/option-params.js';
import { apiToken, restricted } from './steps/restricted.js';

const published = optionParams(publishOptions, {
  'build-result': imageList,
  'list-digest': listDigest,
  'image-name': 'imageName',
  'git-revision': 'gitRevision',
  'git-url': 'gitUrl',
  'reused-images': 'reusedImages',
  'configmap-prefix': 'configmapPrefix',
  configmap: 'configmap',
  'publish-timeout': 'timeout',
});

/** Publishes what was built as one ConfigMap per image. */
export const publishImageInfo = task('publish-image-info', {
  ...metadata({
    displayName: 'Publish image info',
    description:
      'Writes one ConfigMap for each image of build_result.json: image-name, image-url, image-digest, git-revision and build-timestamp. Requires the Role octopipeline-build-push.',
    categories: ['Publishing', 'Kubernetes'],
    tags: ['image', 'configmap'],
  }),
  stepTemplate: restricted.stepTemplate,
  volumes: [...restricted.volumes, apiToken.volume],
  params: published.params,
  results: { CONFIGMAPS: result.string({ description: 'The ConfigMaps, comma-separated' }) },
  workspaces: {
    source: workspace({ mountPath: '/source', readOnly: true, description: 'Contains build_result.json' }),
  },
  steps: ({ params, results, workspaces, context }) => [
    {
      name: 'publish',
      image,
      command: ['op'],
      args: [
        'publish',
        ...published.flags(params, {
          buildResult: text`${workspaces.source.path}/${params['build-result']}`,
          namespace: context.taskRun.namespace,
        }),
        text`--result=CONFIGMAPS=${results.CONFIGMAPS.path}`,
      ],
      volumeMounts: [apiToken.mount],
      computeResources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    },
  ],
});
