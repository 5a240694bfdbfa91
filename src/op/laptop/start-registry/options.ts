import { option, type RequestOf } from '../../kit/options/option.js';

/** The options of a registry to start. */
export const startOptions = {
  port: option.count('port to listen on', { value: '<port>', default: 5001 }),
  listen: option.text('IP address to listen on; 0.0.0.0 is all', { value: '<address>', default: '127.0.0.1' }),
  data: option.text('directory for images', {
    value: '<dir>',
    otherwise: 'a volume, or a directory in XDG_STATE_HOME',
  }),
  tls: option.flag('serve TLS, with a certificate authority that op creates and keeps'),
  engine: option.choice(
    'how to run it; auto is a container if Docker or Podman answers, otherwise a process',
    ['auto', 'docker', 'podman', 'process'],
    { value: '<engine>', default: 'auto' },
  ),
  image: option.text('image of the container', { value: '<image>', default: 'docker.io/library/registry:2.8.3' }),
  replace: option.flag('also replace a container that op did not create if it has the name that op uses'),
  timeout: option.duration('time limit for starting', { default: '2m' }),
};

/** What is asked of a registry. */
export type StartRequest = RequestOf<typeof startOptions>;
