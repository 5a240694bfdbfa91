import { flag, param, result, type TaskDefinition, task, text, workspace } from '../src/tekton/index.js';

const image = `registry.example/op:1.0.0@sha256:${'0'.repeat(64)}`;

/** A script of twenty lines, as in the Tasks of other catalogs; it contains no reference, so that both sides write the same text. */
const script = `#!/bin/sh\nset -eu\n${Array.from({ length: 18 }, (_, line) => `echo "line ${line} of the work" >> /tmp/log`).join('\n')}\n`;

/** Tasks of the usual size: five params, two results, three steps, one of them a script; about 3 kB of YAML each. */
export function generateTasks(count: number): TaskDefinition[] {
  return Array.from({ length: count }, (_, index) => generateTask(`generated-${index}`)) as unknown as TaskDefinition[];
}

const generateTask = (name: string) =>
  task(name, {
    displayName: `Generated ${name}`,
    description: 'Clones, builds and reports.\nMade for the benchmark of synth.',
    labels: { 'app.kubernetes.io/version': '1.0.0' },
    annotations: { 'tekton.dev/pipelines.minVersion': '1.6.0', 'tekton.dev/tags': 'git, image' },
    params: {
      url: param.string({ description: 'Repository to clone' }),
      revision: param.string({ description: 'Branch, tag or commit', default: 'main' }),
      depth: param.string({ description: 'How many commits to fetch', default: '1' }),
      files: param.array({ description: 'Files to look at', default: [] }),
      mode: param.oneOf(['fast', 'full'], { description: 'How much to check', default: 'fast' }),
    },
    results: {
      commit: result.string({ description: 'The commit that was checked out' }),
      digest: result.string({ description: 'The digest of the image' }),
    },
    workspaces: { source: workspace({ description: 'Where the repository is' }) },
    volumes: [{ name: 'tmp', emptyDir: {} }],
    stepTemplate: {
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      },
      volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
    },
    steps: ({ params, results, workspaces }) => [
      {
        name: 'clone',
        image,
        command: ['op'],
        args: [
          'git-clone',
          flag('url', params.url),
          flag('revision', params.revision),
          flag('depth', params.depth),
          flag('destination', workspaces.source.path),
          flag('result', text`commit=${results.commit.path}`),
        ],
      },
      { name: 'check', image, script, computeResources: { requests: { cpu: '100m', memory: '64Mi' } } },
      {
        name: 'build',
        image,
        command: ['op'],
        args: [
          'build',
          flag('mode', params.mode),
          flag('result', text`digest=${results.digest.path}`),
          '--files',
          ...params.files,
        ],
        timeout: '30m',
      },
    ],
  });
