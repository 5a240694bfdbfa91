import { option } from '../../kit/options/option.js';

/** The option of every command that uses the store. */
export const storeOptions = {
  store: option.text('where op keeps image info and locks: cluster, directory:PATH, or git:URL#BRANCH', {
    value: '<store>',
    variable: 'OP_STORE',
    otherwise: 'cluster',
  }),
};
