import { inputError, type OpError, toolError } from '../../kit/errors/op-error.js';
import { oneLine } from '../../kit/log/printable.js';
import { type Command, type Ended, failureOf } from '../../kit/process/run.js';
import { registryOf } from '../../systems/registry/reference.js';
import type { BuildPaths } from './build-paths.js';
import type { BuildKit } from './connection.js';
import type { DockerfileBuild } from './dockerfile-build.js';
import { explainConnection, isConnectionFailure } from './explain-connection.js';
import { explainRegistry } from './explain-registry.js';
import type { Progress } from './progress.js';
import { stagesOf } from './syntax.js';

/** A build that failed, with everything known about it. */
export interface FailedBuild {
  readonly build: DockerfileBuild;
  readonly buildkit: BuildKit;
  readonly paths: BuildPaths;
  /** The text of the Dockerfile. */
  readonly dockerfile: string;
  readonly command: Command;
  readonly ended: Ended;
  readonly progress: Progress;
}

const linesShown = 12;

/**
 * The error for a build that failed: an input error for a problem in the repository, a tool error for a failed step, server or registry.
 * Source of the messages: the output of BuildKit 0.26.
 */
export function explainBuild(failed: FailedBuild): OpError {
  const { build, buildkit, command, ended, progress } = failed;
  const what = `building ${build.image} failed`;
  if (ended.ended !== 'failed') return failureOf(command, ended, { what, hint: 'run op doctor' });
  const text = progress.messages().join('\n');
  if (isConnectionFailure(text)) return explainConnection(buildkit, text);
  const error = errorIn(text);
  return aboutDockerfile(failed, error) ?? aboutStep(failed) ?? aboutService(failed, error);
}

/** `error: failed to solve: WHY` is the last thing that buildctl prints. */
function errorIn(text: string): string {
  const [, error = text] = /(?:^|\n)error: ((?:.|\n)*)$/u.exec(text) ?? [];
  return error.replace(/^failed to solve: /u, '').trim();
}

/** A problem in the Dockerfile, or something that it needs and that is missing. */
function aboutDockerfile({ build, paths, dockerfile, progress }: FailedBuild, error: string): OpError | undefined {
  const { shown } = paths;
  const line = lineIn(progress.messages().join('\n'));
  const at = line === undefined ? shown : `${shown} line ${line.number}`;
  const quoted = line === undefined ? '' : `\n${line.source}`;
  const invalid = (what: string, why: string, hint: string) => inputError({ what, why: `${why}${quoted}`, hint });

  const missing = /(?:failed to calculate checksum|failed to compute cache key).*?("\/.*"): not found/su.exec(
    error,
  )?.[1];
  if (missing !== undefined) {
    const why = `${missing} is not in the context ${build.context}, or .dockerignore excludes it`;
    return invalid(
      `${at} copies a file that does not exist`,
      why,
      'correct the path, or .dockerignore; paths are relative to the context',
    );
  }
  if (/target stage ".*" could not be found/u.test(error)) {
    const stages = stagesOf(dockerfile);
    const why = `${shown} has ${stages.length === 0 ? 'no named stages' : `the stages ${stages.join(', ')}`}`;
    return inputError({
      what: `the stage "${build.target}" was not found in ${shown}`,
      why,
      hint: 'use one of its stages',
    });
  }
  const secret = /secret (\S+): not found/u.exec(error)?.[1];
  if (secret !== undefined) {
    const hint = `put it into a file named ${secret} in the directory of --secrets, or list it in skaffold.yaml`;
    return invalid(`${at} needs the secret ${secret}`, 'this build has no secret of that name', hint);
  }
  if (/no SSH key "(.*)" forwarded/u.test(error)) {
    const hint = 'set ssh in skaffold.yaml, or put the key into the file ssh-privatekey in the directory of --secrets';
    return invalid(`${at} needs an ssh key`, 'this build has none', hint);
  }
  if (/network\.host is not allowed/u.test(error)) {
    const hint =
      'leave out network: host, or ask the operator of buildkitd to start it with --allow-insecure-entitlement=network.host';
    return invalid(`${build.image} asks for the host network`, 'the server does not allow it for this build', hint);
  }
  // An error with a line number, before any step ran, is about the file itself.
  const parse = /^(?:dockerfile parse error|the Dockerfile cannot be empty|dockerfile contains no stages)/u.test(error);
  if (
    parse ||
    (line !== undefined && progress.failed() === undefined && !/failed to resolve source metadata/u.test(error))
  ) {
    const why = oneLine(error.replace(/^dockerfile parse error on line \d+: /u, ''), 300);
    return invalid(
      `${at} is invalid`,
      why,
      'correct the Dockerfile; see https://docs.docker.com/reference/dockerfile/',
    );
  }
  if (/failed to parse target platform/u.test(error)) {
    const what = `${build.platforms.join(',')} is not a platform`;
    return inputError({ what, why: error, hint: 'use os/arch, such as linux/amd64 or linux/arm64' });
  }
  return undefined;
}

/** A command that failed, with the last lines that it printed. */
function aboutStep({ build, paths, progress }: FailedBuild): OpError | undefined {
  const failed = progress.failed();
  const code = /did not complete successfully: (.*)$/su.exec(failed?.error ?? '')?.[1];
  if (failed === undefined || code === undefined) return undefined;
  const at = lineIn(progress.messages().join('\n'));
  const shown = failed.lines.slice(-linesShown);
  const output = shown.length === 0 ? ', and printed nothing' : `:\n${shown.join('\n')}`;
  return toolError({
    what: `building ${build.image} failed${at === undefined ? '' : ` in ${paths.shown} line ${at.number}`}`,
    why: `${failed.name} ended with ${code}${output}`,
    hint: /cannot allocate memory|exit code: 137/u.test(code)
      ? 'the step was killed: give the server more memory, or make the step use less'
      : /exec format error/u.test(failed.lines.join('\n') + code)
        ? 'run the step on the platform of the server (FROM --platform=$BUILDPLATFORM), or install QEMU there'
        : 'fix the problem that the step reports; the steps before it are cached',
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
    why: lost
      ? `the connection to BuildKit at ${buildkit.address} ended: ${error}`
      : error || 'buildctl printed nothing',
    hint: lost
      ? 'run the same command again; if it fails again, see the log of buildkitd: it may be out of memory'
      : 'see the last lines of BuildKit above; op --debug shows the command line of buildctl',
  });
}

/** The line that buildctl points at: it prints `Dockerfile:2`, and the lines around it with `>>>` before those in question. */
function lineIn(text: string): { readonly number: number; readonly source: string } | undefined {
  const [, number, source = ''] = /(?:^|\n).*:(\d+)\n-{20}\n((?:.|\n)*?)\n-{20}/u.exec(text) ?? [];
  if (number === undefined) return undefined;
  const marked = source.split('\n').filter((line) => line.includes('| >>> '));
  return { number: Number(number), source: marked.slice(0, linesShown).join('\n') };
}
