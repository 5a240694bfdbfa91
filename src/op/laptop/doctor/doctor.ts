import { resolve } from 'node:path';
import type { Context } from '../../context.js';
import { readSettings } from '../../images/settings/settings.js';
import type { Setting } from '../../kit/config/setting.js';
import { OpError, toolError } from '../../kit/errors/op-error.js';
import { clean } from '../../kit/errors/report.js';
import { parsePrefix } from '../../systems/registry/reference.js';
import { type Finding, formatFindings } from './finding.js';
import type { DoctorFlags } from './options.js';
import { checkRegistries, readLogins } from './registries.js';
import { describeBuildKit, describeCluster, describeDocker } from './services.js';
import { checkTools } from './tools.js';

/**
 * Checks everything that op works with, prints the findings, and fails when something required is missing.
 * `json` gives `{"ok": …, "findings": [{area, name, state, detail, hint?}]}`.
 * @throws OpError (tool) that names what is missing
 */
export async function doctor(outer: Context, flags: DoctorFlags, form: 'text' | 'json'): Promise<void> {
  const cwd = resolve(outer.cwd, flags.directory);
  const context = { ...outer, cwd, propertiesFile: outer.propertiesFile && resolve(outer.cwd, outer.propertiesFile) };
  const { dockerconfig, buildkitHost, buildkitTls } = flags;
  const [tools, configuration, logins, cluster, buildkit] = await Promise.all([
    checkTools(context),
    checkConfiguration(context, flags),
    readLogins(context, dockerconfig === undefined ? undefined : resolve(cwd, dockerconfig)),
    describeCluster(context),
    describeBuildKit(context, buildkitTls, buildkitHost),
  ]);
  const registries = await checkRegistries(context, configuration.registries, configuration.insecure, logins.logins);
  const findings: readonly Finding[] = [
    ...tools,
    ...configuration.findings,
    ...registries,
    ...logins.findings,
    cluster,
    buildkit,
    describeDocker(context),
  ];
  const missing = findings.filter(({ state }) => state === 'missing');
  const cleaned = findings.map((finding) => ({ ...finding, name: clean(finding.name), detail: clean(finding.detail) }));
  if (form === 'json')
    context.out(`${JSON.stringify({ ok: missing.length === 0, findings: cleaned }, undefined, 2)}\n`);
  else context.out(formatFindings(cleaned));
  if (missing.length === 0) return context.log.step('everything that op needs was found; next: op build-push');
  throw toolError({
    what: `${missing.length === 1 ? 'one thing that op needs is' : `${missing.length} things that op needs are`} missing`,
    why: missing.map(({ name, detail }) => `${name}: ${detail}`).join('\n'),
    hint: missing.map(({ name, hint = 'see above' }) => `${name}: ${hint}`).join('\n'),
  });
}

interface Configuration {
  readonly findings: readonly Finding[];
  readonly registries: readonly string[];
  readonly insecure: readonly string[];
}

async function checkConfiguration(context: Context, flags: DoctorFlags): Promise<Configuration> {
  const area = 'configuration';
  try {
    const { repository, copies, insecure } = await readSettings(context, flags);
    const hosts = [repository, ...copies].flatMap((setting) => (setting === undefined ? [] : registryIn(setting)));
    const name = 'default repository';
    const hint = 'set --default-repo or SKAFFOLD_DEFAULT_REPO, or write a .registry file';
    const finding: Finding =
      repository === undefined
        ? {
            area,
            name,
            state: 'note',
            detail: 'not set; op push needs one, and op build-push then pushes to localhost:5001',
            hint,
          }
        : { area, name, state: 'ok', detail: `${repository.value} (${repository.origin})` };
    const plain = (insecure?.value ?? '').split(',').map((host) => host.trim());
    return { findings: [finding], registries: [...new Set(hosts)], insecure: plain.filter((host) => host !== '') };
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    const detail = `${error.message}: ${error.why}`;
    return {
      findings: [{ area, name: 'settings', state: 'missing', detail, hint: error.hint }],
      registries: [],
      insecure: [],
    };
  }
}

function registryIn({ value }: Setting): readonly string[] {
  const read = parsePrefix(value);
  return 'problem' in read ? [] : [read.registry];
}
