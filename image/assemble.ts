/** Puts an image together: base layer, tools, and the rest, each built only when it is missing. */
import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { base } from './base.js';
import type { DebianPackage } from './debian.js';
import { type BuiltTool, buildTools } from './go-tools.js';
import type { Image } from './image.js';
import { registry } from './inputs.js';
import { layer, type Recipe } from './layer.js';
import { writeLayout } from './layout.js';

/** How an image is put together. */
export interface Assembly {
  /** Directory that holds layers and layouts. */
  readonly work: string;
  /** Debian packages of the lock, if any. */
  readonly locked: readonly DebianPackage[] | undefined;
  /** Always ask Debian's archive. */
  readonly renew: boolean;
  /** Layers on top of those that every image has, from the bottom. */
  readonly more: readonly Recipe[];
  /** Called for each finished layer. */
  readonly say: (layer: string, what: string) => void;
}

/** A finished image. */
export interface Assembled {
  /** Reference without digest: `ghcr.io/octopilot/octopipeline:0.1.0`. */
  readonly reference: string;
  readonly digest: string;
  /** Its OCI layout directory. */
  readonly layout: string;
  /** Bytes of its compressed layers. */
  readonly size: number;
  readonly packages: readonly DebianPackage[];
  readonly tools: readonly BuiltTool[];
}

export async function assemble(image: Image, { work, locked, renew, more, say }: Assembly): Promise<Assembled> {
  const { layer: baseLayer, packages } = await base(work, image, { locked, fresh: renew, now: Date.now() });
  say('base', `${packages.length} Debian packages`);
  const { built: tools, recipe } = await buildTools(image.tools);
  const layers = [baseLayer, await layer(work, recipe)];
  say(recipe.name, recipe.what);
  for (const next of more) {
    layers.push(await layer(work, next));
    say(next.name, next.what);
  }
  const layout = join(work, 'layout', image.name);
  return {
    reference: `${registry}/${image.name}:${packageJson.version}`,
    digest: await writeLayout(layout, layers, image, packageJson.version),
    layout,
    size: layers.reduce((sum, { size }) => sum + size, 0),
    packages,
    tools,
  };
}
