import { buildValidator, whyNot } from './tekton.js';

/** Builds the program that asks Tekton's code before any test: once for all workers, and in no test's time. */
export default async function setup(): Promise<void> {
  if ((await whyNot()) === undefined) await buildValidator();
}
