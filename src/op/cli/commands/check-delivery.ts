import { checkDeliveryOptions } from '../../delivery/check-delivery/options.js';
import { command } from '../commander/command.js';

/** `op check-delivery`: what would end a delivery after its build, found before it. */
export const checkDelivery = command({
  name: 'check-delivery',
  description: 'check the environments of a delivery, before anything is built',
  options: checkDeliveryOptions,
  run: async (context, request) => {
    const { checkDelivery } = await import('../../delivery/check-delivery/check-delivery.js');
    await checkDelivery(context, request);
  },
});
