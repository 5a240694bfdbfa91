import { option, type RequestOf } from '../../kit/options/option.js';

/** Where the history of a mirror is. */
export const historyOptions = {
  store: {
    ...option.text('where the history of the mirror and its lock are: cluster, directory:PATH, or git:URL#BRANCH', {
      value: '<store>',
      variable: 'OP_STORE',
      otherwise: 'in a pod cluster, elsewhere store below --directory',
    }),
    problemOf: (text: string) =>
      /^(?:cluster$|directory:.|git:.)/u.test(text) ? undefined : 'Use cluster, directory:PATH or git:URL#BRANCH.',
  },
  namespace: option.text('namespace of the history, with --store=cluster', {
    value: '<name>',
    otherwise: "the namespace of the kubeconfig, or the pod's",
  }),
};

/** How a run gets the lock of its mirror. */
export const turnOptions = {
  wait: option.duration('how long to wait while another run of this mirror holds its lock', { default: '0s' }),
  holder: option.text('holder of the lock while the command runs, such as pipelinerun/NAMESPACE/NAME/UID', {
    value: '<holder>',
    otherwise: 'this process',
  }),
  keepLock: option.flag('keep the lock after success, for the next command of the same holder'),
};

/** Where the history is; and how to get the lock, for the commands that take it. */
export type HistoryRequest = RequestOf<typeof historyOptions> & Partial<RequestOf<typeof turnOptions>>;
