import { checkMetadata } from '../tekton/validate/metadata.js';
import { checkResources } from '../tekton/validate/resources.js';
import { type BuildKitConfig, buildKitProblems } from './buildkitd-config.js';
import { type Shape, shapeProblems } from './config-shape.js';
import { dnsLabel, imageByDigest, type StepResources } from './config-value.js';

/**
 * What a platform team can change in the catalog without editing a Task: the one file that a synth reads.
 *
 * @example
 * export default defineConfig({ namespace: 'ci', registryPrefix: 'mirror.example.com/ghcr', labels: { team: 'platform' } });
 */
export interface CatalogConfig {
  /**
   * The octopipeline image that every step runs, by digest.
   * @default - the image of image/image.lock.json
   */
  readonly image?: `${string}@sha256:${string}`;
  /**
   * Replaces the registry host of the project's images: `mirror.example.com/ghcr` + `/octopilot/octopipeline:…`.
   * @default - the registry in the names of the images
   */
  readonly registryPrefix?: string;
  /**
   * Namespace written into every object.
   * @default - none: `kubectl apply -n NAMESPACE -f dist/` decides
   */
  readonly namespace?: string;
  /**
   * Labels added to every object.
   * @default - only the catalog's own
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Whether each Pipeline comes with its NetworkPolicy.
   * @default true
   */
  readonly networkPolicy?: boolean;
  /**
   * The default of the param `allow-custom`: whether builds may run code of the repository next to the registry credentials.
   * @default true
   */
  readonly allowCustom?: boolean;
  /**
   * Whether only CI can push to the registry paths of releases. Then the Pipeline `deliver` may reuse what it finds there: the default of
   * its param `rebuild` becomes `"false"`.
   * @default false
   */
  readonly onlyCiPushes?: boolean;
  /**
   * CPU and memory by `TASK/STEP` or `TASK/SIDECAR`.
   * @default - what the Task sets
   */
  readonly resources?: Readonly<Record<`${string}/${string}`, StepResources>>;
  /**
   * The environments that the Pipeline `deliver` goes through, in the order of promotion; environments.yaml defines each.
   * @default ['dev', 'pp', 'prod']
   */
  readonly environments?: readonly [string, ...string[]];
  /**
   * The optional buildkitd of `dist/optional/`.
   * @default - unchanged
   */
  readonly buildkitd?: BuildKitConfig;
}

/** Gives the compiler the type of a configuration file. */
export const defineConfig = (config: CatalogConfig): CatalogConfig => config;

const shape: Shape<CatalogConfig> = {
  image: 'string',
  registryPrefix: 'string',
  namespace: 'string',
  labels: 'object',
  networkPolicy: 'boolean',
  allowCustom: 'boolean',
  onlyCiPushes: 'boolean',
  resources: 'object',
  environments: 'list',
  buildkitd: 'object',
};

/** A registry host with its port, and the path below it. */
const registryPath = /^[a-z0-9]+(?:[.-][a-z0-9]+)*(?::\d{1,5})?(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/u;

/** Every problem in a configuration, one sentence each; empty when it is valid. The file was not compiled. */
export function problemsOf(config: CatalogConfig): string[] {
  const problems = shapeProblems('config', config, shape);
  if (problems.length > 0) return problems;
  if (config.image !== undefined && !imageByDigest.test(config.image)) {
    problems.push(`config > image: "${config.image}" is not tag@sha256:<64 hex digits>`);
  }
  if (config.registryPrefix !== undefined && !registryPath.test(config.registryPrefix)) {
    problems.push(`config > registryPrefix: "${config.registryPrefix}" is not host[:port][/path]`);
  }
  if (config.namespace !== undefined && !dnsLabel.test(config.namespace)) {
    problems.push(`config > namespace: "${config.namespace}" is not a DNS label`);
  }
  checkMetadata({ labels: config.labels ?? {} }, (path, message) => problems.push(`config > ${path}: ${message}`));
  for (const [step, resources] of Object.entries(config.resources ?? {})) {
    checkResources(resources, (path, message) => problems.push(`config > ${path}: ${message}`), `resources > ${step}`);
  }
  for (const [index, name] of (config.environments ?? []).entries()) {
    if (!dnsLabel.test(name)) problems.push(`config > environments[${index}]: "${name}" is not a DNS label`);
    if (config.environments?.indexOf(name) !== index)
      problems.push(`config > environments[${index}]: "${name}" is listed twice`);
  }
  if (config.environments?.length === 0) problems.push('config > environments: at least one is required');
  return [...problems, ...buildKitProblems(config.buildkitd ?? {})];
}

/** The image that a container runs under a configuration: the configured one, or the locked one, from the configured registry. */
export function imageOf(registryPrefix: string | undefined, image: string): string {
  return registryPrefix === undefined ? image : `${registryPrefix}/${image.slice(image.indexOf('/') + 1)}`;
}
