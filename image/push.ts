/** Pushes a finished image with crane. */
import { execa } from 'execa';
import { BuildError } from './error.js';
import { goTool } from './go-tools.js';
import { crane } from './inputs.js';

/** @param reference the destination: `registry.example.com/octopilot/octopipeline:0.1.0` */
export async function push(layout: string, reference: string): Promise<void> {
  const result = await execa(await goTool(crane), ['push', layout, reference], { reject: false });
  if (result.failed) {
    throw new BuildError(
      `pushing ${reference} failed`,
      result.stderr.trim().split('\n').at(-1) ?? '',
      'see that the registry answers',
    );
  }
}
