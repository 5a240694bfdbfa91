import { createConnection } from 'node:net';
import type { Env } from '../../kit/config/setting.js';

const usualSocket = '/var/run/docker.sock';

/** Whether a Docker daemon answers where Skaffold would look for it. One that is named by host or context is taken as there. */
export async function dockerDaemonAnswers(env: Env): Promise<boolean> {
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
