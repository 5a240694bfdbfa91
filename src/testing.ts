/** `octopipeline/testing`: runs Pipelines and Tasks on this machine in tests. Only what is exported here is public. */
export type { FakeCall, FakeEnd, FakeStep } from './local/contract.js';
export type { Fake, Fakes } from './local/testing/fakes.js';
export type { Documents, TektonObject, TektonYaml } from './local/testing/input.js';
export type { OutputValues, ResultValues, RunOptions, TypedRunOptions } from './local/testing/options.js';
export { runPipeline } from './local/testing/run-pipeline.js';
export type { Ending, TestRun, TestTaskRun } from './local/testing/test-run.js';
export type { Files, TestWorkspace } from './local/testing/workspaces.js';
