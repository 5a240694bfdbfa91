import { inputError, type OpError, toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { type Command, type Ended, failureOf } from '../../kit/process/run.js';
import { registryOf } from '../../systems/registry/reference.js';
import type { DockerfileBuild } from './build.js';
import type { BuildKit } from './buildkit.js';
import { explainConnection, isConnectionFailure } from './explain-connection.js';
import { explainRegistry } from './explain-registry.js';
import type { Places } from './places.js';
import type { Progress } from './progress.js';
import { stagesOf } from './syntax.js';

/** A build that failed, with all that is known of it. */
export interface FailedBuild {
  readonly build: DockerfileBuild;
  readonly buildkit: BuildKit;
  readonly places: Places;
  /** The text of the Dockerfile. */
  readonly dockerfile: string;
  readonly command: Command;
  readonly ended: Ended;
  readonly progress: Progress;
}

const linesShown = 12;

/**
 * The error for a build that failed. What is wrong in the repository is an input error; a step, a server or a registry that failed is
 * one of a tool. Source of the words: BuildKit 0.26, as it prints them.
 */
export function explainBuild(failed: FailedBuild): OpError {
  const { build, buildkit, command, ended, progress } = failed;
  const what = `building ${build.image} failed`;
  if (ended.ended !== 'failed') return failureOf(command, ended, { what, hint: 'run op doctor' });
  const text = progress.said().join('\n');
  if (isConnectionFailure(text)) return explainConnection(buildkit, text);
  const error = errorIn(text);
  return aboutDockerfile(failed, error) ?? aboutStep(failed) ?? aboutService(failed, error);
}

/** `error: failed to solve: WHY` is the last thing that buildctl says. */
function errorIn(text: string): string {
  const [, error = text] = /(?:^|\n)error: ((?:.|\n)*)$/u.exec(text) ?? [];
  return error.replace(/^failed to solve: /u, '').trim();
}

/** What is wrong in the Dockerfile, or what it needs that is not there. */
function aboutDockerfile({ build, places, dockerfile, progress }: FailedBuild, error: string): OpError | undefined {
  const { shown } = places;
  const line = placeIn(progress.said().join('\n'));
  const at = line === undefined ? shown : `${shown} line ${line.number}`;
  const quoted = line === undefined ? '' : `\n${line.source}`;
  const wrong = (what: string, why: string, hint: string) => inputError({ what, why: `${why}${quoted}`, hint });

  const missing = /(?:failed to calculate checksum|failed to compute cache key).*?("\/.*"): not found/su.exec(
    error,
  )?.[1];
  if (missing !== undefined) {
    const why = `there is no ${missing} in the context ${build.context}, or .dockerignore keeps it out`;
    return wrong(
      `${at} copies what is not there`,
      why,
      'correct the path, or the .dockerignore; paths start at the context',
    );
  }
  if (/target stage ".*" could not be found/u.test(error)) {
    const stages = stagesOf(dockerfile);
    const why = `${shown} has ${stages.length === 0 ? 'no named stage' : `the stages ${stages.join(', ')}`}`;
    return inputError({ what: `there is no stage "${build.target}" in ${shown}`, why, hint: 'name one of its stages' });
  }
  const secret = /secret (\S+): not found/u.exec(error)?.[1];
  if (secret !== undefined) {
    const hint = `put it as a file named ${secret} into a directory and name that with --secrets, or list it in skaffold.yaml`;
    return wrong(`${at} needs the secret ${secret}`, 'the build was given none of that name', hint);
  }
  if (/no SSH key "(.*)" forwarded/u.test(error)) {
    const hint = 'set ssh in skaffold.yaml, or put the key as ssh-privatekey into the directory of --secrets';
    return wrong(`${at} needs a key for ssh`, 'the build was given none', hint);
  }
  if (/network\.host is not allowed/u.test(error)) {
    const hint =
      'leave network: host out, or ask who runs buildkitd to start it with --allow-insecure-entitlement=network.host';
    return wrong(
      `${build.image} asks for the network of the host`,
      'the server, or this build, does not allow it',
      hint,
    );
  }
  // An error with a place in the file, before any step ran, is about the file itself.
  const parse = /^(?:dockerfile parse error|the Dockerfile cannot be empty|dockerfile contains no stages)/u.test(error);
  if (
    parse ||
    (line !== undefined && progress.failed() === undefined && !/failed to resolve source metadata/u.test(error))
  ) {
    const why = oneLine(error.replace(/^dockerfile parse error on line \d+: /u, ''), 300);
    return wrong(`${at} is wrong`, why, 'correct the Dockerfile; see https://docs.docker.com/reference/dockerfile/');
  }
  if (/failed to parse target platform/u.test(error)) {
    const what = `${build.platforms.join(',')} is not a platform`;
    return inputError({ what, why: error, hint: 'write os/arch, such as linux/amd64 or linux/arm64' });
  }
  return undefined;
}

/** A command that ended badly, with what it printed last. */
function aboutStep({ build, places, progress }: FailedBuild): OpError | undefined {
  const failed = progress.failed();
  const code = /did not complete successfully: (.*)$/su.exec(failed?.error ?? '')?.[1];
  if (failed === undefined || code === undefined) return undefined;
  const at = placeIn(progress.said().join('\n'));
  const said = failed.lines.slice(-linesShown);
  const ending = said.length === 0 ? ', and printed nothing' : `:\n${said.join('\n')}`;
  return toolError({
    what: `building ${build.image} failed${at === undefined ? '' : ` in ${places.shown} line ${at.number}`}`,
    why: `${failed.name} ended with ${code}${ending}`,
    hint: /cannot allocate memory|exit code: 137/u.test(code)
      ? 'give the server more memory, or the step less to do at once: it was killed'
      : /exec format error/u.test(failed.lines.join('\n') + code)
        ? 'let the step run on the platform of the server (FROM --platform=$BUILDPLATFORM), or install QEMU there'
        : 'correct what the step says; the steps before it come from the cache next time',
  });
}

/** The server or a registry. */
function aboutService({ build, buildkit }: FailedBuild, error: string): OpError {
  const push = 'push' in build.output ? registryOf(build.output.push) : undefined;
  const aboutRegistry = explainRegistry(build.image, push, error);
  if (aboutRegistry !== undefined) return aboutRegistry;
  const lost = /error reading from server|transport is closing|Unavailable:|connection closed|closing transport/u.test(
    error,
  );
  return toolError({
    what: `building ${build.image} failed`,
    why: lost ? `the connection to BuildKit at ${buildkit.address} ended: ${error}` : error || 'buildctl said nothing',
    hint: lost
      ? 'run the same command again; if it stays, look at the log of buildkitd: it may have been out of memory'
      : 'look above for what BuildKit said last; op --debug says how buildctl was run',
  });
}

/** The place that buildctl shows: `Dockerfile:2`, and the lines around it with `>>>` before those that are meant. */
function placeIn(text: string): { readonly number: number; readonly source: string } | undefined {
  const [, number, source = ''] = /(?:^|\n).*:(\d+)\n-{20}\n((?:.|\n)*?)\n-{20}/u.exec(text) ?? [];
  if (number === undefined) return undefined;
  const meant = source.split('\n').filter((line) => line.includes('| >>> '));
  return { number: Number(number), source: meant.slice(0, linesShown).join('\n') };
}
