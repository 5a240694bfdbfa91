import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { nightlyMirror } from '../../pipelines/examples/mirror.js';
import { ScheduledRun } from '../../src/cdk8s/scheduled-run.js';

/** The Pipeline `mirror` every night at two, and the volume with its plans and reports. */
export class NightlyMirror extends Construct {
  constructor(scope: Construct, id: string, { image }: { readonly image: string }) {
    super(scope, id);
    new k8s.KubePersistentVolumeClaim(this, 'data', {
      metadata: { name: 'mirror-data' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: k8s.Quantity.fromString('1Gi') } },
      },
    });
    new ScheduledRun(this, 'schedule', {
      name: 'mirror-nightly',
      run: nightlyMirror,
      image,
      schedule: '0 2 * * *',
      jitter: '30m',
      historyLimit: 14,
    });
  }
}
