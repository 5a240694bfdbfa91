import type { HostImages } from '../contract.js';

/** The octopipeline image under any registry: its programs are `op` and the tools that `op doctor` looks for. */
export const octopipelineImage = /(?:^|\/)octopipeline(?:[:@]|$)/u;

/** Images that only hold a shell and the usual programs, as any machine does. */
const shells = /(?:^|\/)(alpine|bash|busybox|debian|ubuntu)(?:[:@]|$)/u;

/** The image `bash` starts what it is told to start; only options, or nothing at all, are for bash itself. Source: its docker-entrypoint.sh. */
const bashOrProgram = ['bash', '-c', `case "\${1--}" in -*) exec bash "$@" ;; *) exec "$@" ;; esac`, 'bash'];

/** What a step without a command and a script runs: the ENTRYPOINT of the image or, as in Tekton, its CMD. */
const started: Readonly<Record<string, readonly string[]>> = {
  alpine: ['/bin/sh'],
  bash: bashOrProgram,
  busybox: ['sh'],
  debian: ['bash'],
  ubuntu: ['/bin/bash'],
};

/**
 * Which images are this machine, if nothing else is said: octopipeline's, those that only hold a shell, and those that are named.
 * @param named more such images, with or without tag or digest; `*` stands for any text
 * @param withShells `false`: images that only hold a shell are not this machine
 */
export function thisMachine(named: readonly string[] = [], withShells = true): HostImages {
  const patterns = named.map((name) => new RegExp(`^${name.split('*').map(literally).join('.*')}$`, 'u'));
  return (image) => {
    if (octopipelineImage.test(image)) return { entrypoint: ['op'] };
    const [, shell] = (withShells && shells.exec(image)) || [];
    const entrypoint = shell === undefined ? undefined : started[shell];
    if (entrypoint !== undefined) return { entrypoint };
    const tagged = image.replace(/@.*$/u, '');
    const repository = tagged.replace(/:[^/:]*$/u, '');
    return [image, tagged, repository].some((one) => patterns.some((pattern) => pattern.test(one))) ? {} : undefined;
  };
}

const literally = (text: string) => text.replaceAll(/[\\^$.+?()[\]{}|/]/gu, '\\$&');
