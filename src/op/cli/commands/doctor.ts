import { outputForm } from '../../kit/options/output-form.js';
import { doctorOptions } from '../../laptop/doctor/options.js';
import { command } from '../commander/command.js';

/** `op doctor`: what is here, what is missing, and how to get it. */
export const doctor = command({
  name: 'doctor',
  description: 'check tools, configuration, registries and cluster, and say how to get what is missing',
  options: { ...doctorOptions, output: outputForm },
  run: async (context, { output, ...request }) => {
    const { doctor } = await import('../../laptop/doctor/doctor.js');
    await doctor(context, request, output);
  },
});
