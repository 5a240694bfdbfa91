import { usageError } from '../../kit/errors/op-error.js';
import { option } from '../../kit/options/option.js';
import { outputForm } from '../../kit/options/output-form.js';
import { startOptions } from '../../laptop/start-registry/options.js';
import { command } from '../commander/command.js';

/** What to do instead of starting one. */
const insteadOptions = {
  stop: option.flag('stop it; its images are kept'),
  status: option.flag('show whether it is running, and where everything is'),
  caFile: option.flag('print the path of the certificate authority'),
  output: { ...outputForm, sentence: 'output format of the status' },
};

/** `op start-registry`: a registry on this machine, to push to while developing. */
export const startRegistry = command({
  name: 'start-registry',
  description: 'start a registry on this machine, in a container or as a process, that keeps running after op exits',
  options: { ...startOptions, ...insteadOptions },
  run: async (context, { stop, status, caFile, output, ...request }) => {
    const { port, listen } = request;
    if (port > 65535) throw refuse(`--port=${port} is not a port`, 'ports are numbers from 1 to 65535');
    if ([stop, status, caFile].filter(Boolean).length > 1) {
      throw refuse('--stop, --status and --ca-file cannot be combined', 'each is a separate command');
    }
    if (stop) return (await import('../../laptop/start-registry/stop.js')).stopRegistry(context, port);
    if (status) return (await import('../../laptop/start-registry/status.js')).showStatus(context, port, output);
    if (caFile) {
      const { ensureCa } = await import('../../laptop/start-registry/certificates.js');
      return context.out(`${await ensureCa(context)}\n`);
    }
    const { startRegistry } = await import('../../laptop/start-registry/start.js');
    await startRegistry(context, { ...request, listen: listen === 'localhost' ? '127.0.0.1' : listen });
  },
});

const refuse = (what: string, why: string) => usageError({ what, why, hint: 'run op start-registry --help' });
