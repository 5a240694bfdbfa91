/** What a platform team's configuration changes in Tasks and Pipelines, as patches that any cdk8s user could write. */
import { JsonPatch } from 'cdk8s';
import { type CatalogConfig, imageOf } from './config.js';
import type { Pipeline } from './pipeline.js';
import type { Task } from './task.js';

/** @param locked the image of the lock file, which a configuration can replace */
export function applyToTask(task: Task, config: CatalogConfig, locked: string): void {
  const { name, steps, sidecars } = task.definition;
  applyToParams(task, config, locked);
  steps.forEach(({ image }, index) => {
    if (image === locked) task.addJsonPatch(replaceImage(`/spec/steps/${index}/image`, config, locked));
  });
  for (const [containers, path] of [
    [steps, '/spec/steps'],
    [sidecars, '/spec/sidecars'],
  ] as const) {
    containers.forEach((container, index) => {
      const resources = config.resources?.[`${name}/${container.name}`];
      if (resources !== undefined) {
        task.addJsonPatch(JsonPatch.add(`${path}/${index}/computeResources`, resources));
      }
    });
  }
}

/** Params whose default is the locked image, and those that a configuration value is the default of. */
export function applyToParams(object: Task | Pipeline, config: CatalogConfig, locked: string): void {
  Object.entries(object.definition.params).forEach(([name, param], index) => {
    if (name === 'allow-custom' && config.allowCustom !== undefined) {
      object.addJsonPatch(JsonPatch.replace(`/spec/params/${index}/default`, `${config.allowCustom}`));
    }
    // Only a release has another default than reuse.
    if (name === 'rebuild' && param.default === 'true' && config.onlyCiPushes === true) {
      object.addJsonPatch(JsonPatch.replace(`/spec/params/${index}/default`, 'false'));
    }
    if (param.default === locked) {
      object.addJsonPatch(replaceImage(`/spec/params/${index}/default`, config, locked));
    }
  });
}

const replaceImage = (path: string, { image, registryPrefix }: CatalogConfig, locked: string): JsonPatch =>
  JsonPatch.replace(path, imageOf(registryPrefix, image ?? locked));
