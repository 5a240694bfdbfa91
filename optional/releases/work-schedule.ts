import { Construct } from 'constructs';
import { workExample } from '../../pipelines/examples/release.js';
import { ScheduledRun } from '../../src/cdk8s/scheduled-run.js';

/** The Pipeline `work` every five minutes, for what time, people and TaskRuns have made ready. One at a time. */
export class WorkSchedule extends Construct {
  constructor(scope: Construct, id: string, { image }: { readonly image: string }) {
    super(scope, id);
    new ScheduledRun(this, 'schedule', {
      name: 'release-work',
      run: workExample,
      image,
      schedule: '*/5 * * * *',
      jitter: '1m',
      overlap: 'forbid',
      startingDeadlineSeconds: 120,
      historyLimit: 20,
    });
  }
}
