import * as v from 'valibot';
import { parse, stringify } from 'yaml';
import { jsonOf } from '../../kit/json/parse-json.js';
import { configMapFolder } from './config-maps.js';
import { problemOfPath } from './path.js';

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

/** The document whose file has this name; undefined when it is a file of somebody else. */
export function pathOfFile(file: string): string | undefined {
  const path = file.replace(/\.(?:json|yaml)$/u, '');
  return problemOfPath(path) === undefined && fileOf(path) === file ? path : undefined;
}

/** The JSON in a file, which a person may have edited. @throws Error when it is YAML that cannot be read */
export const jsonOfFile = (path: string, text: string): string =>
  isConfigMap(path) ? (JSON.stringify(parse(text, { logLevel: 'error' })) ?? '') : text;
