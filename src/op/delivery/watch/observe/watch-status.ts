import type { Judgement } from '../judge/judge-snapshot.js';
import type { RolloutProblem } from '../judge/rollout-problem.js';
import type { Component } from '../read/component.js';
import type { Snapshot } from '../read/snapshot.js';

/** The last known state of a watch. The watch updates it; errors and the diagnosis read it. */
export interface WatchStatus {
  /** When it began, as the API writes times. */
  readonly since: string;
  /** What it waits for before the first snapshot. */
  waitingFor: string;
  component?: Component;
  snapshot?: Snapshot;
  judgement?: Judgement;
  /** The problem that ended the watch. */
  problem?: RolloutProblem;
}
