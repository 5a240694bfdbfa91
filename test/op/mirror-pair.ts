import type { LocalRegistry } from './local-registry.js';
import { createMirrorSandbox, type MirrorSandbox } from './mirror-sandbox.js';
import { pushImage, registryTool } from './pushed-image.js';
import { startUnrulyRegistry, type UnrulyRegistry } from './unruly-registry.js';

/** Two real registries, each behind a proxy that counts requests and misbehaves when told to. */
export interface MirrorPair {
  readonly here: UnrulyRegistry;
  readonly there: UnrulyRegistry;
  /** Repositories of its own for a test, and a mirror file. */
  readonly begin: (now?: () => Date) => Promise<MirrorTest>;
  readonly stop: () => Promise<void>;
}

/** One test: what is below {@link source} is mirrored below {@link target}. */
export interface MirrorTest extends MirrorSandbox {
  /** `HOST/hubN` and `HOST/siteN`: through the proxies. */
  readonly source: string;
  readonly target: string;
  /** The same reference at the registry itself. */
  readonly direct: (reference: string) => string;
  /** Pushes `NAME:TAG` to the source. @returns its digest */
  readonly push: (name: string, bytes?: number) => Promise<string>;
  /** The digest of `NAME:TAG` at the target; undefined if it is not there. */
  readonly digestAt: (name: string) => Promise<string | undefined>;
}

/** Starts both. @param start each of the registries */
export async function startMirrorPair(
  start: () => Promise<LocalRegistry>,
  startOther: () => Promise<LocalRegistry> = start,
): Promise<MirrorPair> {
  const [registry, other] = await Promise.all([start(), startOther()]);
  const [here, there] = await Promise.all([startUnrulyRegistry(registry.host), startUnrulyRegistry(other.host)]);
  const direct = (reference: string) => reference.replace(here.host, registry.host).replace(there.host, other.host);
  let count = 0;
  return {
    here,
    there,
    begin: async (now) => {
      count += 1;
      const source = `${here.host}/hub${count}`;
      const target = `${there.host}/site${count}`;
      here.calm();
      there.calm();
      return {
        ...(await createMirrorSandbox('', now)),
        source,
        target,
        direct,
        push: (name, bytes) => pushImage(direct(`${source}/${name}`), bytes),
        digestAt: (name) => registryTool('crane', ['digest', direct(`${target}/${name}`)]).catch(() => undefined),
      };
    },
    stop: async () => {
      await Promise.all([here.stop(), there.stop()]);
      await Promise.all([registry.stop(), other.stop()]);
    },
  };
}
