import { resolve } from 'node:path';
import { inputError, usageError } from '../../op/kit/errors/op-error.js';
import type { WireWorkspaceBinding } from '../../tekton/wire/run.js';

/** What a workspace of a run is on this machine. */
export type WorkspaceSource =
  /** A new directory for each TaskRun, as in a pod. */
  | { readonly kind: 'emptyDir' }
  /** A new directory for the run, shared by its tasks: `volumeClaimTemplate`. */
  | { readonly kind: 'new' }
  /** A directory that stays after the run: `persistentVolumeClaim`. */
  | { readonly kind: 'claim'; readonly claim: string }
  /** A directory of the user; the run gets a copy unless it is `shared`. */
  | { readonly kind: 'directory'; readonly path: string; readonly shared: boolean }
  /** Files of a Secret or a ConfigMap, in a directory; never written. */
  | { readonly kind: 'secret' | 'config'; readonly path: string }
  /** Keys of Secrets and ConfigMaps that were given as documents. */
  | { readonly kind: 'keys'; readonly volume: KeyBinding };

type KeyBinding = Pick<WireWorkspaceBinding, 'secret' | 'configMap' | 'projected'>;

export interface Binding {
  readonly name: string;
  readonly subPath?: string;
  readonly source: WorkspaceSource;
}

const howTo =
  'use name=NAME with one of emptyDir=, volumeClaimTemplate=, claimName=CLAIM, secret=DIR, config=DIR, and subPath=DIR; or NAME=DIR (copied), or NAME=DIR,rw (used in place)';

/**
 * Reads the value of `-w`: the form of `tkn pipeline start`, or `NAME=DIR[,rw]`.
 * @throws OpError (usage)
 */
export function parseBinding(text: string, cwd: string): Binding {
  const refuse = (why: string) => usageError({ what: `--workspace=${text} is not a workspace`, why, hint: howTo });
  const items = text.split(',').map((item) => {
    const at = item.indexOf('=');
    return at < 0 ? { key: item, value: undefined } : { key: item.slice(0, at), value: item.slice(at + 1) };
  });
  const given = new Map(items.map(({ key, value }) => [key, value]));
  if (given.size !== items.length) throw refuse('a word is in it twice');
  const take = (key: string) => {
    const value = given.get(key);
    given.delete(key);
    return value;
  };
  const subPath = take('subPath');
  const first = items[0];
  const tkn = first?.key === 'name' || given.has('name');
  const name = tkn ? take('name') : first?.key;
  if (name === undefined || name === '') throw refuse('it has no name');
  let source: WorkspaceSource | undefined;
  const set = (next: WorkspaceSource) => {
    if (source !== undefined) throw refuse('it is bound to two things');
    source = next;
  };
  const directory = (key: string) => {
    const value = take(key);
    if (!value) throw refuse(`${key}= needs a value`);
    return resolve(cwd, value);
  };
  if (!tkn) {
    const path = directory(name);
    const shared = given.has('rw');
    given.delete('rw');
    set({ kind: 'directory', path, shared });
  } else {
    if (given.delete('emptyDir')) set({ kind: 'emptyDir' });
    if (given.delete('volumeClaimTemplate')) set({ kind: 'new' });
    if (given.has('claimName')) {
      const claim = take('claimName');
      if (!claim || !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/u.test(claim))
        throw refuse('claimName= needs the name of a claim');
      set({ kind: 'claim', claim });
    }
    if (given.has('secret')) set({ kind: 'secret', path: directory('secret') });
    if (given.has('config')) set({ kind: 'config', path: directory('config') });
    if (given.has('directory')) {
      const path = directory('directory');
      set({ kind: 'directory', path, shared: given.delete('rw') });
    }
  }
  const [unknown] = given.keys();
  if (unknown !== undefined) throw refuse(`${unknown} is not known`);
  if (source === undefined) throw refuse('it is bound to nothing');
  return { name, source, ...(subPath ? { subPath } : {}) };
}

/**
 * What the workspaces of a PipelineRun or TaskRun document are here.
 * @param path the field's path, for the message
 * @throws OpError (input)
 */
export function bindingOf(wire: WireWorkspaceBinding, path: string): Binding {
  const { name, subPath } = wire;
  const base = { name, ...(subPath ? { subPath } : {}) };
  if (wire.emptyDir !== undefined) return { ...base, source: { kind: 'emptyDir' } };
  if (wire.volumeClaimTemplate !== undefined) return { ...base, source: { kind: 'new' } };
  if (wire.persistentVolumeClaim !== undefined) {
    return { ...base, source: { kind: 'claim', claim: wire.persistentVolumeClaim.claimName } };
  }
  const { secret, configMap, projected } = wire;
  const volume = { ...(secret && { secret }), ...(configMap && { configMap }), ...(projected && { projected }) };
  if (Object.keys(volume).length > 0) return { ...base, source: { kind: 'keys', volume } };
  const what = Object.keys(wire).find((key) => key !== 'name' && key !== 'subPath') ?? 'nothing';
  throw inputError({
    what: `${path}: workspace ${name} is bound to ${what}, which is not on this machine`,
    why: 'a local run has directories only',
    hint: `put its files into a directory and bind that: -w ${name}=DIR`,
  });
}

/** The binding as a run's object shows it. */
export function toWire({ name, subPath, source }: Binding): WireWorkspaceBinding {
  const base = { name, ...(subPath === undefined ? {} : { subPath }) };
  switch (source.kind) {
    case 'emptyDir':
      return { ...base, emptyDir: {} };
    case 'new':
      return {
        ...base,
        volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
      };
    case 'claim':
      return { ...base, persistentVolumeClaim: { claimName: source.claim } };
    case 'directory':
      return { ...base, persistentVolumeClaim: { claimName: source.path } };
    case 'keys':
      return { ...base, ...source.volume };
    case 'secret':
      return { ...base, secret: { secretName: source.path } };
    case 'config':
      return { ...base, configMap: { name: source.path } };
  }
}
