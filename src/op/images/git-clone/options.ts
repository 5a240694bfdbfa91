import { option, type RequestOf } from '../../kit/options/option.js';
import { accessOptions } from '../../systems/git/access-options.js';

const required = { why: 'it is missing or empty', hint: 'run op git-clone --help' };

/** The options of `op git-clone`. */
export const cloneOptions = {
  url: option.text('repository to clone: https, http, ssh or git URL, or user@host:path', { value: '<url>', required }),
  revision: option.text('branch, tag, full commit ID, or ref such as refs/pull/1/head', {
    value: '<name>',
    otherwise: 'the default branch',
  }),
  refspec: option.text('space-separated refspecs to fetch before the revision is resolved', { value: '<refspecs>' }),
  depth: option.text('number of commits to fetch; 0 fetches the whole history and all tags', {
    value: '<commits>',
    default: '1',
  }),
  submodules: option.flag('fetch submodules too', { default: true }),
  submoduleCredentials: option.flag(
    'use basic-auth for every repository of the host, for private submodules; otherwise for the cloned repository only',
  ),
  destination: option.text('directory to clone into; created when missing', { value: '<directory>', required }),
  subdirectory: option.text('directory below the destination to clone into instead', { value: '<path>' }),
  sparseCheckoutDirectories: option.list('directories to check out, without the others', { value: '<patterns>' }),
  unless: option.text('clone nothing when this is not empty: what it names is used in place of the repository', {
    value: '<text>',
  }),
  deleteExisting: option.flag('empty the directory first when it holds anything else', { default: true }),
  ...accessOptions,
  timeout: option.duration('time limit for the whole clone', { default: '10m' }),
};

export type CloneFlags = RequestOf<typeof cloneOptions>;
