import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Env } from '../../kit/config/setting.js';

/** Where the registry of a port keeps what it needs. Source: XDG Base Directory Specification. */
export interface Places {
  /** All of them are in it; only this user can enter it. */
  readonly root: string;
  readonly state: string;
  readonly lock: string;
  readonly config: string;
  readonly log: string;
  /** Images, unless `--data` says where. */
  readonly data: string;
  readonly certificate: string;
  readonly key: string;
}

/** The certificate authority that all registries of this user share. */
export interface CaPlaces {
  readonly root: string;
  readonly certificate: string;
  readonly key: string;
  readonly lock: string;
}

/** Relative values of XDG variables do not count. */
function home(env: Env): string {
  const state = env.XDG_STATE_HOME ?? '';
  return join(isAbsolute(state) ? state : join(env.HOME || homedir(), '.local/state'), 'octopipeline');
}

export function placesOf(env: Env, port: number): Places {
  const root = join(home(env), `registry-${port}`);
  const at = (name: string) => join(root, name);
  return {
    root,
    state: at('registry.json'),
    lock: at('lock'),
    config: at('config.yml'),
    log: at('registry.log'),
    data: at('data'),
    certificate: at('tls.crt'),
    key: at('tls.key'),
  };
}

export function caPlaces(env: Env): CaPlaces {
  const root = join(home(env), 'ca');
  return { root, certificate: join(root, 'ca.crt'), key: join(root, 'ca.key'), lock: join(root, 'lock') };
}
