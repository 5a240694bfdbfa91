import { checkResources } from '../tekton/validate/resources.js';
import { type Shape, shapeProblems } from './config-shape.js';
import { dnsLabel, imageByDigest, type StepResources } from './config-value.js';

/** What a platform team can change in the optional buildkitds: `dist/optional/buildkitd.yaml` and, for trusted builds, `buildkitd-trusted.yaml`. */
export interface BuildKitConfig {
  /**
   * The namespace of buildkitd; that for trusted builds has `-trusted` appended. Builds that share a buildkitd share its cache: teams that do
   * not trust each other need separate namespaces.
   * @default 'octopipeline-buildkit'
   */
  readonly namespace?: string;
  /**
   * The image of buildkitd, by digest.
   * @default - the image of image/image.lock.json
   */
  readonly image?: `${string}@sha256:${string}`;
  /**
   * Mirrors that are tried before a registry: `{ 'docker.io': ['mirror.example.com/hub'] }`.
   * @default - none
   */
  readonly mirrors?: Readonly<Record<string, readonly string[]>>;
  /**
   * Registries and mirrors that use plain HTTP, as `HOST[:PORT]`.
   * @default - none
   */
  readonly insecureRegistries?: readonly string[];
  /**
   * Size of the volume for the cache and for running builds; the cache uses at most 70 % of it.
   * @default '50Gi'
   */
  readonly storage?: string;
  /**
   * Keeps the cache in a PersistentVolumeClaim, so that it outlives the pod; `{}` uses the cluster's default storage class.
   * @default - an emptyDir
   */
  readonly claim?: { readonly storageClass?: string };
  /**
   * CPU and memory of buildkitd together with the builds that it runs.
   * @default - 1 CPU and 1Gi requested, memory limited to 8Gi
   */
  readonly resources?: StepResources;
}

const shape: Shape<BuildKitConfig> = {
  namespace: 'string',
  image: 'string',
  mirrors: 'object',
  insecureRegistries: 'list',
  storage: 'string',
  claim: 'object',
  resources: 'object',
};

const host = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/u;
const mirror = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9][a-z0-9._-]*)*$/u;
const size = /^[1-9]\d*(Mi|Gi|Ti)$/u;

/** Every problem in it, one sentence each. */
export function buildKitProblems(config: BuildKitConfig): string[] {
  const path = 'config > buildkitd';
  const wrong = shapeProblems(path, config, shape);
  if (wrong.length > 0) return wrong;
  const { namespace, image, mirrors = {}, insecureRegistries = [], storage, claim = {}, resources = {} } = config;
  const problems = shapeProblems(`${path} > claim`, claim, { storageClass: 'string' });
  if (namespace !== undefined && !dnsLabel.test(namespace)) {
    problems.push(`${path} > namespace: "${namespace}" is not a DNS label`);
  }
  if (image !== undefined && !imageByDigest.test(image)) {
    problems.push(`${path} > image: "${image}" is not tag@sha256:<64 hex digits>`);
  }
  for (const [registry, places] of Object.entries(mirrors)) {
    if (!host.test(registry)) problems.push(`${path} > mirrors: "${registry}" is not host[:port]`);
    if (!Array.isArray(places)) problems.push(`${path} > mirrors > ${registry}: must be a list`);
    else problems.push(...notMatching(places, mirror, `${path} > mirrors > ${registry}`, 'host[:port][/path]'));
  }
  problems.push(...notMatching(insecureRegistries, host, `${path} > insecureRegistries`, 'host[:port]'));
  if (storage !== undefined && !size.test(storage)) {
    problems.push(`${path} > storage: "${storage}" is not a size such as 50Gi`);
  }
  checkResources(resources, (at, message) => problems.push(`${path} > ${at}: ${message}`), 'resources');
  return problems;
}

const notMatching = (values: readonly unknown[], pattern: RegExp, path: string, form: string): string[] =>
  values.filter((value) => !pattern.test(String(value))).map((value) => `${path}: "${value}" is not ${form}`);
