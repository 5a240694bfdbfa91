import { checkMetadata } from '../tekton/validate/metadata.js';

/** CPU and memory of a step, as Kubernetes quantities. */
export interface StepResources {
  readonly requests?: { readonly cpu?: string; readonly memory?: string };
  readonly limits?: { readonly cpu?: string; readonly memory?: string };
}

/**
 * What a platform team may change of the catalog without touching a Task: the one file that a synth reads.
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
   * Replaces the registry host of the octopipeline image: `mirror.example.com/ghcr` + `/octopilot/octopipeline:…`.
   * @default - the registry that the image names
   */
  readonly registryPrefix?: string;
  /**
   * Namespace written into every object.
   * @default - none: `kubectl apply -n NAMESPACE -f dist/` decides
   */
  readonly namespace?: string;
  /**
   * Labels added to every object.
   * @default - none but the catalog's own
   */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Whether each Pipeline comes with its NetworkPolicy.
   * @default true
   */
  readonly networkPolicy?: boolean;
  /**
   * CPU and memory by `TASK/STEP`.
   * @default - what the Task says
   */
  readonly resources?: Readonly<Record<`${string}/${string}`, StepResources>>;
}

/** Gives the compiler the type of a configuration file. */
export const defineConfig = (config: CatalogConfig): CatalogConfig => config;

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/u;
const quantity = /^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/u;

const settings: { readonly [N in keyof Required<CatalogConfig>]: 'string' | 'boolean' | 'object' } = {
  image: 'string',
  registryPrefix: 'string',
  namespace: 'string',
  labels: 'object',
  networkPolicy: 'boolean',
  resources: 'object',
};

/** Everything that is wrong with a configuration, one sentence each; empty when it is right. Nothing has compiled the file before. */
export function problemsOf(config: CatalogConfig): string[] {
  const problems = shapeProblems(config);
  if (problems.length > 0) return problems;
  if (config.image !== undefined && !/^[^\s@]+:[\w][\w.-]*@sha256:[0-9a-f]{64}$/u.test(config.image)) {
    problems.push(`config > image: "${config.image}" is not tag@sha256:<64 hex digits>`);
  }
  if (config.registryPrefix !== undefined && !/^[a-z0-9][a-z0-9.:/_-]*[a-z0-9]$/u.test(config.registryPrefix)) {
    problems.push(`config > registryPrefix: "${config.registryPrefix}" is not host[:port][/path]`);
  }
  if (config.namespace !== undefined && !dnsLabel.test(config.namespace)) {
    problems.push(`config > namespace: "${config.namespace}" is not a DNS label`);
  }
  checkMetadata({ labels: config.labels ?? {} }, (path, message) => problems.push(`config > ${path}: ${message}`));
  for (const [step, { requests, limits }] of Object.entries(config.resources ?? {})) {
    for (const value of [...Object.values(requests ?? {}), ...Object.values(limits ?? {})]) {
      if (!quantity.test(value)) problems.push(`config > resources > ${step}: "${value}" is not a quantity`);
    }
  }
  return problems;
}

/** Settings that do not exist, and settings of another type. */
function shapeProblems(config: CatalogConfig): string[] {
  const names = Object.keys(settings);
  const types = new Map<string, string>(Object.entries(settings));
  return Object.entries(config).flatMap(([name, value]) => {
    const type = types.get(name);
    if (type === undefined) return [`config > ${name}: there is no such setting; there are ${names.join(', ')}`];
    const right = value === undefined || (typeof value === type && value !== null && !Array.isArray(value));
    return right ? [] : [`config > ${name}: has to be ${type === 'object' ? 'an' : 'a'} ${type}`];
  });
}

/** The image that a step runs under a configuration. */
export function imageOf({ image, registryPrefix }: CatalogConfig, locked: string): string {
  const chosen = image ?? locked;
  return registryPrefix === undefined ? chosen : `${registryPrefix}/${chosen.slice(chosen.indexOf('/') + 1)}`;
}
