import { flag, param, result, task, text, workspace } from '../src/tekton/index.js';
import { image } from './steps/image.js';
import { metadata } from './steps/metadata.js';
import { apiToken, restricted } from './steps/restricted.js';

/** Publishes what was built as one ConfigMap per image. */
export const publishImageInfo = task('publish-image-info', {
  ...metadata({
    displayName: 'Publish image info',
    description:
      'Writes one ConfigMap for each image of build_result.json: image-name, image-url, image-digest, git-revision and build-timestamp. Needs the rights of the Role octopipeline-build-push.',
    categories: ['Publishing', 'Kubernetes'],
    tags: ['image', 'configmap'],
  }),
  stepTemplate: restricted.stepTemplate,
  volumes: [...restricted.volumes, apiToken.volume],
  params: {
    'build-result': param.string({
      default: 'build_result.json',
      description: 'Path in the workspace of the list of images',
    }),
    'image-name': param.string({ default: '', description: 'Publish this image only, by its name in skaffold.yaml' }),
    'git-revision': param.string({ description: 'The commit that was built: 40 hex digits' }),
    'git-url': param.string({ default: '', description: 'The repository that was built' }),
    'configmap-prefix': param.string({
      default: 'image-info',
      description: 'First part of the names of the ConfigMaps',
    }),
    'publish-timeout': param.duration({ default: '2m', description: 'How long publishing may take' }),
  },
  results: { CONFIGMAPS: result.string({ description: 'The ConfigMaps, separated by commas' }) },
  workspaces: {
    source: workspace({ mountPath: '/source', readOnly: true, description: 'Where build_result.json is' }),
  },
  steps: ({ params, results, workspaces, context }) => [
    {
      name: 'publish',
      image,
      command: ['op'],
      args: [
        'publish',
        text`--build-result=${workspaces.source.path}/${params['build-result']}`,
        flag('namespace', context.taskRun.namespace),
        flag('image-name', params['image-name']),
        flag('git-revision', params['git-revision']),
        flag('git-url', params['git-url']),
        flag('configmap-prefix', params['configmap-prefix']),
        flag('timeout', params['publish-timeout']),
        text`--result=CONFIGMAPS=${results.CONFIGMAPS.path}`,
      ],
      volumeMounts: [apiToken.mount],
      computeResources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    },
  ],
});
