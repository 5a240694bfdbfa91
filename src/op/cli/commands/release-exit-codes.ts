/** The end of the help of the commands of releases. @param done what 0 means @param failed what else 4 means */
export const releaseExitCodes = (done: string, failed = ''): string =>
  `Exit codes: 0 ${done}; 2 the command line is wrong, 3 a file, a value or a reference is invalid, 4 ${failed}the store cannot be used, 6 refused.`;

export const workExitCodes = releaseExitCodes('done, or what is left waits for something', 'an item failed or ');
export const shownExitCodes = releaseExitCodes('shown');
export const wantedExitCodes = releaseExitCodes('wanted: the next op work any does it');
