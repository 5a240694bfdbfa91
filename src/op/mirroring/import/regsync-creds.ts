import type { YamlProblem } from '../../kit/config/yaml-problems.js';
import { parsePrefix } from '../../systems/registry/reference.js';
import { type ImportedRegistry, isGiven, type problemsIn } from './imported.js';

const secrets = ['user', 'pass', 'token', 'credHelper', 'credExpire', 'credHost', 'clientCert', 'clientKey'];

const harmless: Readonly<Record<string, string>> = {
  regcert: 'is not taken over: write it to a file, and name that as ca of the registry',
  mirrors: 'is not taken over: op asks the registry itself',
};
const quiet = new Set(['registry', 'tls', 'hostname', 'pathPrefix', ...secrets, ...Object.keys(harmless)]);
const known = new Set([
  'priority',
  'repoAuth',
  'blobChunk',
  'blobMax',
  'reqPerSec',
  'reqConcurrent',
  'api',
  'apiOpts',
  'scheme',
]);

/** Reads `creds`: which registries are not asked in the usual way. What is secret is neither taken over nor shown. */
export function readRegistries(
  creds: readonly Readonly<Record<string, unknown>>[],
  at: ReturnType<typeof problemsIn>,
): {
  readonly registries: readonly ImportedRegistry[];
  readonly refused: readonly YamlProblem[];
  readonly warnings: readonly YamlProblem[];
} {
  const registries: ImportedRegistry[] = [];
  const refused: YamlProblem[] = [];
  const warnings: YamlProblem[] = [];
  for (const [index, one] of creds.entries()) {
    const path = ['creds', index];
    const { registry, tls, hostname, pathPrefix } = one;
    const read = parsePrefix(typeof registry === 'string' ? registry : '');
    const host = 'registry' in read && read.prefix === read.registry ? read.registry : undefined;
    if (host === undefined) refused.push(at([...path, 'registry'], 'must be HOST[:PORT]'));
    else if (tls === 'disabled' || tls === 'insecure') {
      registries.push({ host, insecure: true, line: at([...path, 'tls'], '').line });
    }
    if (isGiven(hostname) && hostname !== registry) {
      refused.push(
        at([...path, 'hostname'], 'has regsync ask another host than the name of the images; op asks that of the name'),
      );
    }
    if (isGiven(pathPrefix))
      refused.push(at([...path, 'pathPrefix'], 'changes where images are; write it into source and target'));
    const secret = secrets.find((field) => isGiven(one[field]));
    if (secret !== undefined) {
      warnings.push(
        at([...path, secret], 'is not taken over: log in with crane or docker, or set dockerconfig of the registry'),
      );
    }
    for (const [field, value] of Object.entries(one)) {
      if (quiet.has(field) && harmless[field] === undefined) continue;
      if (!isGiven(value)) continue;
      const other = known.has(field)
        ? 'is not needed: it does not change what is copied'
        : 'is unknown; regsync ignores it, too';
      warnings.push(at([...path, field], harmless[field] ?? other));
    }
  }
  return { registries, refused, warnings };
}
