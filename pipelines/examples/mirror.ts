import { pipelineRun } from '../../src/tekton/index.js';
import { mirror } from '../mirror.js';
import { mirrorDisk } from '../mirror-disk.js';
import { pod } from './pod.js';

/** What every run of the Pipeline needs. */
const base = {
  serviceAccountName: 'octopipeline-mirror',
  podTemplate: pod,
  timeouts: { pipeline: '7h' },
} as const;

/** Mirrors what the ConfigMap `mirror` says. */
export const mirrorExample = pipelineRun({ generateName: 'mirror-' }, mirror, {
  ...base,
  params: { 'insecure-registries': 'registry.octopipeline-sample.svc.cluster.local:5000' },
  workspaces: { config: { configMap: 'mirror' }, data: { emptyDir: {} } },
});

/** The same every night: with a volume that stays, and the credentials of the registries. */
export const nightlyMirror = pipelineRun({ generateName: 'mirror-nightly-' }, mirror, {
  ...base,
  workspaces: {
    config: { configMap: 'mirror' },
    data: { persistentVolumeClaim: 'mirror-data' },
    dockerconfig: { secret: 'mirror-registries' },
  },
});

/** Writes what is new to the volume `mirror-disk`, whose directory `segments` is carried to the other side. */
export const mirrorDiskExample = pipelineRun({ generateName: 'mirror-disk-' }, mirrorDisk, {
  ...base,
  serviceAccountName: 'octopipeline-mirror-disk',
  params: { workflow: 'to-disk' },
  workspaces: {
    config: { configMap: 'mirror' },
    data: { persistentVolumeClaim: 'mirror-disk' },
    dockerconfig: { secret: 'mirror-registries' },
  },
});
