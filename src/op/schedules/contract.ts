/** What the construct `ScheduledRun` and `op schedule` agree on; pure data, which the library loads, too. */

/** The label of a PipelineRun, and of the CronJob that starts it, with the name of the schedule. */
export const scheduleLabel = 'octopipeline/schedule';

/** What happens at a start while another run of the schedule has not ended. */
export const overlapRules = ['allow', 'forbid', 'replace', 'queue'] as const;
export type OverlapRule = (typeof overlapRules)[number];

/** The name of the Lease of a schedule: two starts do not look at its runs at the same time. */
export const lockOf = (schedule: string) => `octopipeline-schedule-${schedule}`;
