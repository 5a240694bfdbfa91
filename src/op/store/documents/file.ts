import * as v from 'valibot';
import { stringify } from 'yaml';
import { jsonOf } from '../../kit/json/parse-json.js';
import { configMapFolder } from './config-maps.js';

const isConfigMap = (path: string) => path.startsWith(`${configMapFolder}/`);

/** The name of the file of a document: YAML for kubectl, JSON for all others. */
export const fileOf = (path: string): string => `${path}${isConfigMap(path) ? '.yaml' : '.json'}`;

/** What the file holds, from the JSON of the body. Every text is quoted: kubectl takes `no` and `1e3` for something else. */
export const fileTextOf = (path: string, json: string): string =>
  isConfigMap(path)
    ? stringify(v.parse(jsonOf(v.unknown()), json), {
        defaultStringType: 'QUOTE_DOUBLE',
        defaultKeyType: 'PLAIN',
        compat: 'yaml-1.1',
        lineWidth: 0,
      })
    : json;
