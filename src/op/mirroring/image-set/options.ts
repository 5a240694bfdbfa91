import { option, type RequestOf } from '../../kit/options/option.js';
import { outputFileOptions } from '../import/options.js';

export const imageSetOptions = {
  values: option.list(
    'values files of AutoShift, or directories of them: DIR/*.yaml, DIR/clustersets/*.yaml and DIR/clusters/*.yaml without those that start with _',
    { value: '<path>' },
  ),
  configMap: option.text('take the configuration from this ConfigMap, a file that kubectl get -o yaml prints', {
    value: '<file>',
  }),
  key: option.text('key of the ConfigMap', { value: '<name>', default: 'imageset.yaml' }),
  operatorsOnly: option.flag('without OpenShift itself', { plain: true }),
  openshiftOnly: option.flag('without operators', { plain: true }),
  openshiftVersion: option.text('OpenShift version X.Y or X.Y.Z, instead of those of the labels', {
    value: '<version>',
  }),
  strict: option.flag('refuse whatever would be left out, instead of a warning', { plain: true }),
  ...outputFileOptions,
};

export type ImageSetRequest = RequestOf<typeof imageSetOptions>;
