/**
 * Whether tools use plain HTTP for a registry by default: on this machine, at a private IPv4 address, or in a `.local` domain.
 * Source of the rule: go-containerregistry, name.Registry.Scheme; crane, Skaffold and ko share it.
 */
export function isPlainHttp(registry: string, insecure: readonly string[]): boolean {
  if (insecure.includes(registry)) return true;
  const host = registry.replace(/:\d+$/u, '');
  if (host === 'localhost' || host === '[::1]' || /\.local(?:host)?$/u.test(host)) return true;
  const [first = 0, second = 0] = /^(?:\d{1,3}\.){3}\d{1,3}$/u.test(host) ? host.split('.').map(Number) : [];
  return (
    first === 127 || first === 10 || (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168)
  );
}
