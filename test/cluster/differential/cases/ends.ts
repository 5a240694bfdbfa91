import { after, pipelineRun, task } from '../pipeline-case.js';

const spec = (name: string) => ({
  tasks: [
    task('slow', `echo go; sleep ${name === 'stop' ? 8 : 600}`),
    task('next', 'echo never', { more: after('slow') }),
  ],
  finally: [
    task('last', 'echo "$(params.s)"', { params: { s: '$(tasks.status) $(tasks.slow.status) $(tasks.next.status)' } }),
  ],
});

/** Runs that are ended from outside while their first step runs. */
export const ends = [
  pipelineRun('end-cancelled', spec('cancel'), { end: 'Cancelled' }),
  pipelineRun('end-cancelled-finally', spec('cancel'), { end: 'CancelledRunFinally' }),
  pipelineRun('end-stopped-finally', spec('stop'), { end: 'StoppedRunFinally' }),
];
