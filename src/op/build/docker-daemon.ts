import { createConnection } from 'node:net';
import type { Environment } from '../config/setting.js';
import { inputError } from '../errors/op-error.js';
import type { Artifact } from '../skaffold/artifacts.js';

const usualSocket = '/var/run/docker.sock';

/** Whether a Docker daemon answers where Skaffold would look for it. One that is named by host or context is taken as there. */
export async function dockerDaemonAnswers(env: Environment): Promise<boolean> {
  const host = env.DOCKER_HOST ?? '';
  if (env.DOCKER_CONTEXT || (host !== '' && !host.startsWith('unix://'))) return true;
  const socket = host === '' ? usualSocket : host.slice('unix://'.length);
  return new Promise((answer) => {
    const connection = createConnection(socket);
    const end = (answers: boolean) => {
      connection.destroy();
      answer(answers);
    };
    connection.once('connect', () => end(true)).once('error', () => end(false));
    connection.setTimeout(2000, () => end(false));
  });
}

/** @throws OpError (input) for images that only a Docker daemon can build, where there is none */
export function checkBuildable(file: string, artifacts: readonly Artifact[], daemon: boolean): void {
  const images = daemon ? [] : artifacts.filter(({ needsDaemon }) => needsDaemon).map(({ image }) => image);
  if (images.length === 0) return;
  throw inputError({
    what: `cannot build ${images.join(', ')} of ${file} here`,
    why: 'a Dockerfile or buildpacks in build.local need a Docker daemon, and none answers',
    todo: 'use a builder that needs none (custom, ko, jib), set DOCKER_HOST, or choose another with --profile',
  });
}
