/** The parts of the test cluster that its tests use; `test/cluster/up` starts it. */
export { crane, enter, kubectl, kubectlJson } from './command.js';
export { applyDist, createNamespace, removeNamespace, withDigest } from './namespace.js';
export {
  credentials,
  digest,
  dockerConfig,
  imageDigest,
  imageReference,
  privateRegistry,
  privateRegistryForPods,
  privateRegistryService,
  registry,
  registryForPods,
  registryService,
} from './registry.js';
export { createRepository, filesOf, gitService, type Repository, removeRepository } from './repository.js';
export { cancel, createRun, imagesOf, logs, type Outcome, type Run, waitForRun } from './run.js';
