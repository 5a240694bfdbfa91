import { option, type RequestOf } from '../../kit/options/option.js';

/** Where commands that make a file put it. */
export const outputFileOptions = {
  output: option.text('file to write; without it, the result is printed', { value: '<file>', letter: 'o' }),
  force: option.flag('overwrite that file', { plain: true }),
};

export const importOptions = {
  from: option.choice(
    'which tool the file is for; without it, its content tells',
    ['regsync', 'skopeo-sync', 'imageset'],
    {
      value: '<tool>',
    },
  ),
  to: option.text(
    'where the images go: REGISTRY/PATH[:TAG] with {registry}, {path}, {name} and {tag}; needed for all but regsync, whose files say it',
    { value: '<template>' },
  ),
  partial: option.flag('leave out what cannot be taken over, with a warning, instead of refusing the whole file', {
    plain: true,
  }),
  ...outputFileOptions,
};

export type ImportRequest = RequestOf<typeof importOptions>;
