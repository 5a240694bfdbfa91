import * as v from 'valibot';
import { readYamlText } from '../../kit/config/yaml-text.js';
import { inputError } from '../../kit/errors/op-error.js';
import { problemLines } from '../import/say.js';

const configMap = v.looseObject({
  kind: v.literal('ConfigMap', 'must be ConfigMap'),
  data: v.optional(v.record(v.string(), v.string()), {}),
});

/** The text of a key of a ConfigMap. @throws OpError (input) */
export function imageSetOfConfigMap(file: string, content: string, key: string): string {
  const yaml = readYamlText(content);
  const wrong = (why: string) =>
    inputError({
      what: `${file} is not a ConfigMap with ${key}`,
      why,
      hint: 'write it with kubectl get configmap NAME -o yaml, and name another key with --key',
    });
  if ('problems' in yaml) throw wrong(problemLines(file, yaml.problems));
  const read = v.safeParse(configMap, yaml.value);
  if (!read.success) throw wrong(read.issues.map(({ message }) => `kind ${message}`).join('\n'));
  const text = read.output.data[key];
  if (text !== undefined && text.trim() !== '') return text;
  const keys = Object.keys(read.output.data);
  throw wrong(keys.length === 0 ? 'it has no data' : `its keys are ${keys.join(', ')}`);
}
