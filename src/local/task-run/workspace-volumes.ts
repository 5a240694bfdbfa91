import type { BoundWorkspace } from '../contract.js';

/**
 * The names of the volumes that the workspaces of a TaskRun are in its pod: `$(workspaces.NAME.volume)`, which steps and sidecars can mount.
 * A claim that is bound twice is one volume. Source: CreateVolumes, pkg/workspace/apply.go.
 */
export function workspaceVolumes(
  workspaces: Readonly<Record<string, BoundWorkspace>>,
): ReadonlyMap<string, { readonly workspace: BoundWorkspace; readonly names: readonly string[] }> {
  const volumes = new Map<string, { workspace: BoundWorkspace; names: string[] }>();
  const claims = new Map<string, string>();
  for (const [name, workspace] of Object.entries(workspaces)) {
    const known = workspace.claim === undefined ? undefined : claims.get(workspace.claim);
    const volume = known ?? unused(name, volumes);
    if (workspace.claim !== undefined) claims.set(workspace.claim, volume);
    const { names } = volumes.get(volume) ?? { names: [] };
    volumes.set(volume, { workspace, names: [...names, name] });
  }
  return volumes;
}

function unused(name: string, taken: ReadonlyMap<string, unknown>): string {
  const volume = `ws-${hash(name).slice(0, 5).padEnd(5, '0')}`;
  return taken.has(volume) ? unused(`${name}$`, taken) : volume;
}

/** FNV-1a with 32 bits, as Go's hash/fnv has it. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return (value >>> 0).toString(16);
}
