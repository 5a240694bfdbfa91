import { usageError } from '../../kit/errors/op-error.js';
import { choice, count, duration, flag, optional } from '../option.js';
import type { AddCommand } from '../program.js';

interface Options {
  readonly port: number;
  readonly listen?: string;
  readonly data?: string;
  readonly tls: boolean;
  readonly image?: string;
  readonly engine: 'auto' | 'docker' | 'podman' | 'process';
  readonly replace: boolean;
  readonly timeout: number;
  readonly stop: boolean;
  readonly status: boolean;
  readonly caFile: boolean;
  readonly output: 'text' | 'json';
}

const defaultImage = 'docker.io/library/registry:2.8.3';

/** `op start-registry`: a registry on this machine, to push to while developing. */
export const addStartRegistry: AddCommand = (program, action) => {
  program
    .command('start-registry')
    .description('start a registry on this machine, in a container or as a process, that goes on when op has ended')
    .addOption(count('--port <port>', 'port that it listens on', 5001))
    .addOption(optional('--listen <address>', 'address that it listens on; 0.0.0.0 is all (default: 127.0.0.1)'))
    .addOption(optional('--data <dir>', 'directory of its images (default: a volume, or one in XDG_STATE_HOME)'))
    .addOption(flag('--tls', 'with TLS, by a certificate authority of your own that op makes and keeps'))
    .addOption(
      choice('--engine <engine>', 'what runs it; auto is a container if Docker or podman answers, else a process', [
        'auto',
        'docker',
        'podman',
        'process',
      ]),
    )
    .addOption(optional('--image <image>', `image of the container (default: ${defaultImage})`))
    .addOption(flag('--replace', 'remove also a container that op did not make, if it has the name or the port'))
    .addOption(duration('--timeout <duration>', 'how long everything may take', '2m'))
    .addOption(flag('--stop', 'end it; its images stay'))
    .addOption(flag('--status', 'show whether it runs, and where everything is'))
    .addOption(flag('--ca-file', 'print the path of the certificate of the authority'))
    .addOption(choice('-o, --output <form>', 'form of the status', ['text', 'json']))
    .action(
      action<Options>(async (context, options) => {
        const { port, stop, status, caFile } = options;
        if (port > 65535) throw notOne(`--port=${port} is not a port`, 'ports are numbers from 1 to 65535');
        if ([stop, status, caFile].filter(Boolean).length > 1) {
          throw notOne('--stop, --status and --ca-file do not go together', 'each is a command of its own');
        }
        if (stop) return (await import('../../laptop/start-registry/stop.js')).stopRegistry(context, port);
        if (status)
          return (await import('../../laptop/start-registry/status.js')).showStatus(context, port, options.output);
        if (caFile) {
          const { ensureCa } = await import('../../laptop/start-registry/certificates.js');
          return context.out(`${await ensureCa(context)}\n`);
        }
        const { startRegistry } = await import('../../laptop/start-registry/start.js');
        const listen = options.listen === 'localhost' ? '127.0.0.1' : (options.listen ?? '127.0.0.1');
        await startRegistry(context, { ...options, listen, data: options.data, image: options.image ?? defaultImage });
      }),
    );
};

const notOne = (what: string, why: string) => usageError({ what, why, hint: 'run op start-registry --help' });
