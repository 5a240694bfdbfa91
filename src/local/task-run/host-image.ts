import type { HostImages } from '../contract.js';

/** The octopipeline image under any registry: its programs are `op` and the tools that `op doctor` looks for. */
export const octopipelineImage = /(?:^|\/)octopipeline(?:[:@]|$)/u;

/** Images that only hold a shell and the usual programs, as any machine does. */
const shells = /(?:^|\/)(alpine|bash|busybox|debian|ubuntu)(?:[:@]|$)/u;

/**
 * Which images are this machine, if nothing else is said: octopipeline's, those that only hold a shell, and those that are named.
 * @param named more such images, with or without tag or digest
 * @param withShells `false`: images that only hold a shell are not this machine
 */
export function thisMachine(named: readonly string[] = [], withShells = true): HostImages {
  return (image) => {
    if (octopipelineImage.test(image)) return { entrypoint: ['op'] };
    const [, shell] = (withShells && shells.exec(image)) || [];
    if (shell !== undefined) return { entrypoint: [shell === 'bash' ? 'bash' : 'sh'] };
    const without = image.replace(/@.*$/u, '').replace(/:[^/:]*$/u, '');
    return named.includes(image) || named.includes(without) ? {} : undefined;
  };
}
