import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { refusedError } from '../../kit/errors/op-error.js';
import { countOf } from '../../kit/log/table.js';
import { withDeadline } from '../../kit/process/deadline.js';
import { selectImages } from '../build-result/build-result.js';
import { readBuildResult } from '../build-result/result-file.js';
import { apply } from './apply.js';
import { type ConfigMap, gitUrlAnnotation, ours, type Publication, plan } from './config-map.js';
import { createKubectl, type Kubectl } from './kubectl.js';
import type { PublishFlags } from './options.js';
import { readExisting } from './read-existing.js';
import { findNamespace, parsePublishRequest } from './request.js';

/** The outputs of `op publish`. */
export interface Published {
  /** The names of the ConfigMaps, separated by commas. */
  readonly CONFIGMAPS: string;
}

/**
 * Writes what each image of a build result is, and which commit it was built from, into a ConfigMap of its own. What says the same
 * already stays as it is, with its timestamp.
 * @throws OpError (input) for a bad value or build result, (refused) for a ConfigMap of somebody else, (tool) when the API refuses
 */
export async function publish(context: Context, flags: PublishFlags): Promise<Published> {
  const request = parsePublishRequest(flags);
  const namespace = await findNamespace(flags.namespace);
  const where = namespace === undefined ? 'the namespace of the kubeconfig' : `namespace ${namespace}`;
  const path = resolve(context.cwd, request.buildResult);
  const images = selectImages(await readBuildResult(path), request.imageName);
  context.log.step(`publish ${countOf(images.length, 'image')} of ${request.buildResult} to ${where}`);
  const planned = plan(images, request.prefix, request.revision);
  const names = planned.map(({ name }) => name);
  const late = {
    what: `${names.join(', ')} could not be published in time`,
    why: `the Kubernetes API did not answer within ${flags.timeout / 1000} s`,
    hint: 'look at the cluster with: kubectl get --raw /readyz',
  };
  const changed = await withDeadline(context, flags.timeout, late, (inTime) =>
    applyChanges(inTime, createKubectl(inTime, namespace), planned, request.gitUrl),
  );
  const option = namespace === undefined ? '' : ` --namespace ${namespace}`;
  const verdict =
    changed === 0 ? 'nothing to publish: all is there already' : `published ${changed} of ${planned.length}`;
  context.log.step(`${verdict}; see it with: kubectl get configmap ${names.join(' ')}${option} --output yaml`);
  return { CONFIGMAPS: names.join(',') };
}

/** @returns how many were changed */
async function applyChanges(
  context: Context,
  kubectl: Kubectl,
  planned: readonly Publication[],
  gitUrl: string | undefined,
): Promise<number> {
  const existing = await readExisting(
    kubectl,
    planned.map(({ name }) => name),
  );
  for (const publication of planned) refuseForeign(publication, existing.get(publication.name));
  const changed = planned.filter(({ name, info }) => !saysTheSame(info, existing.get(name)));
  for (const { name, info } of planned) {
    const before = existing.get(name)?.data;
    context.log.step(`${name}: ${changeOf(before, info, before?.['build-timestamp'])}`);
    const source = existing.get(name)?.metadata.annotations?.[gitUrlAnnotation];
    if (source !== undefined && gitUrl !== undefined && source !== gitUrl) {
      context.log.warn(
        `${name} was of ${source} and is of ${gitUrl} now; give each repository a --configmap-prefix of its own`,
      );
    }
  }
  await apply(context, kubectl, changed, gitUrl);
  return changed.length;
}

function refuseForeign({ name, info }: Publication, found: ConfigMap | undefined): void {
  if (found === undefined) return;
  const holder = found.data?.['image-name'];
  const manager = 'app.kubernetes.io/managed-by';
  const why =
    found.metadata.labels?.[manager] !== ours[manager]
      ? `it was not made by op: its label ${manager} is not octopipeline`
      : holder !== info['image-name']
        ? `it holds the image "${holder ?? ''}"`
        : undefined;
  if (why === undefined) return;
  throw refusedError({
    what: `ConfigMap ${name} is not overwritten with image "${info['image-name']}"`,
    why,
    hint: 'give another --configmap-prefix, or delete that ConfigMap if nobody needs it',
  });
}

const saysTheSame = (info: Publication['info'], found: ConfigMap | undefined) =>
  found?.data?.['build-timestamp'] !== undefined &&
  Object.entries(info).every(([key, value]) => found.data?.[key] === value);

function changeOf(
  before: Readonly<Record<string, string>> | undefined,
  info: Publication['info'],
  since: string | undefined,
): string {
  const { 'image-digest': digest, 'git-revision': revision } = info;
  const now = `${digest.slice(0, 19)} of commit ${revision.slice(0, 12)}`;
  if (before === undefined) return `new, ${now}`;
  if (saysTheSame(info, { metadata: { name: '' }, data: before })) return `unchanged since ${since}, ${now}`;
  if (before['image-digest'] === digest)
    return `same image ${digest.slice(0, 19)}, now of commit ${revision.slice(0, 12)}`;
  return `${before['image-digest']?.slice(0, 19) ?? 'nothing'} -> ${now}`;
}
