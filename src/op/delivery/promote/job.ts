import { relative } from 'node:path';
import type { Context } from '../../context.js';
import type { BuiltImage } from '../../images/build-result/build-result.js';
import { formatReference } from '../../systems/registry/reference.js';
import type { PromoteRequest } from './options.js';
import type { Repositories } from './repositories.js';
import type { ResultFiles } from './result.js';
import type { Route } from './route.js';

/** What the parts of a promotion share. */
export interface Job {
  readonly request: PromoteRequest;
  readonly route: Route;
  readonly repositories: Repositories;
  readonly files: ResultFiles;
}

/** What a promotion gives to the next task. */
export interface PromoteOutputs {
  /** `registry/path:tag@digest`, separated by commas. */
  readonly PROMOTED: string;
}

/** Both ends, as results and messages have them. */
export function sidesOf({ route, repositories }: Job) {
  const source = { environment: route.source?.name ?? '', repository: repositories.source?.value ?? null };
  const destination = {
    environment: route.destination.name,
    repository: repositories.destination?.value ?? null,
  };
  return { source, destination };
}

/** The command that comes after it. */
export function sayNext({ log, cwd }: Context, { request, files, route: { destination } }: Job): void {
  const { environments, kubeconfigs, kubeconfig, context, namespace, destinationRepository: repository } = request;
  const component = ` --component ${request.component ?? destination.component ?? 'NAME'}`;
  const file = ` --build-result ${relative(cwd, files.buildResult)}`;
  const at = environments === undefined ? '' : ` --environments ${environments}`;
  // Where op writes the manifests, nothing is on its way before that is done.
  if (destination.manifests !== undefined) {
    log.step(`next: op set-image --environment ${destination.name}${file}${at}`);
    return;
  }
  const given = { environments, kubeconfigs, kubeconfig, context, namespace, repository };
  const more = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [` --${name} ${value}`]));
  log.step(`next: op watch-deployment --environment ${destination.name}${component}${file}${more.join('')}`);
}

/** The results for Tekton. */
export const outputs = (built: readonly BuiltImage[]): PromoteOutputs => ({
  PROMOTED: built.map(({ reference }) => formatReference(reference)).join(','),
});
