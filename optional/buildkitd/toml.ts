import type { BuildKitConfig } from '../../src/cdk8s/buildkitd-config.js';

/** What of the configuration buildkitd reads from its file. */
export type TomlSettings = Required<Pick<BuildKitConfig, 'mirrors' | 'insecureRegistries' | 'storage'>> & {
  /** The builds that it is for: see `op`'s `--cache-trust`. */
  readonly trust: 'trusted' | 'untrusted';
};

const units = new Map([
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
  ['Ti', 2 ** 40],
]);

/** The part of the volume that the cache may fill; the rest is for the builds that run. */
const cacheShare = 0.7;

/**
 * The text of buildkitd.toml. Sizes are bytes of the volume, because buildkitd itself sees the whole disk of the node behind an emptyDir, and
 * a volume that grows over its limit gets the pod evicted.
 * Source: buildkitd.toml(5) in BuildKit's docs/.
 */
export function buildkitdToml({ mirrors, insecureRegistries, storage, trust }: TomlSettings): string {
  const cache = Math.floor(bytes(storage) * cacheShare);
  const hosts = [...new Set([...Object.keys(mirrors), ...insecureRegistries])];
  return [
    '[cdi]',
    '  disabled = true',
    '',
    '[worker.oci]',
    '  gc = true',
    `  maxUsedSpace = ${cache}`,
    `  reservedSpace = ${Math.floor(cache / 4)}`,
    '  minFreeSpace = "10%"',
    '',
    // op reads it: src/op/images/buildkit/server-level.ts.
    '[worker.oci.labels]',
    `  "octopipeline.dev/cache-trust" = "${trust}"`,
    ...hosts.flatMap((host) => [
      '',
      `[registry."${host}"]`,
      ...mirrorsOf(mirrors[host]),
      ...(insecureRegistries.includes(host) ? ['  http = true'] : []),
    ]),
    '',
  ].join('\n');
}

const mirrorsOf = (places: readonly string[] = []): string[] =>
  places.length === 0 ? [] : [`  mirrors = [${places.map((place) => `"${place}"`).join(', ')}]`];

/** @param size a whole number and Mi, Gi or Ti */
function bytes(size: string): number {
  return Number.parseInt(size, 10) * (units.get(size.slice(-2)) ?? 1);
}
