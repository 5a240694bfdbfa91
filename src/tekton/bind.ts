import type { Need, ParamLiteral, Params, ParamValue } from './param.js';
import type { Scope, StringRef, Text } from './reference.js';
import type { WorkspaceRef, Workspaces } from './workspace.js';

/** The values for a definition's params: required ones must be given, those with a default may be left out. */
export type BoundParams<P extends Params, S extends Scope> = {
  readonly [N in keyof P as P[N]['need'] extends 'optional' ? never : N]: ParamValue<P[N], S>;
} & {
  readonly [N in keyof P as P[N]['need'] extends 'optional' ? N : never]?: ParamValue<P[N], S>;
};

/** The same for a run: literals only. */
export type LiteralParams<P extends Params> = {
  readonly [N in keyof P as P[N]['need'] extends 'optional' ? never : N]: ParamLiteral<P[N]>;
} & {
  readonly [N in keyof P as P[N]['need'] extends 'optional' ? N : never]?: ParamLiteral<P[N]>;
};

/** Whether a record of params or workspaces has one that a caller must give. */
export type HasRequired<D extends { readonly [name: string]: { readonly need: Need } }> = 'required' extends {
  readonly [N in keyof D]: D[N]['need'];
}[keyof D]
  ? true
  : false;

/** A pipeline workspace, or a directory in it, for a Task's workspace. */
export type WorkspaceBinding<R extends WorkspaceRef, S extends Scope> =
  | R
  | { readonly workspace: R; readonly subPath: string | StringRef<S> | Text<S> };

/** The pipeline workspaces for a Task's workspaces. A required one needs a required one. */
export type BoundWorkspaces<W extends Workspaces, S extends Scope> = {
  readonly [N in keyof W as W[N]['need'] extends 'optional' ? never : N]: WorkspaceBinding<
    WorkspaceRef<W[N]['kind'], 'required'>,
    S
  >;
} & {
  readonly [N in keyof W as W[N]['need'] extends 'optional' ? N : never]?: WorkspaceBinding<
    WorkspaceRef<W[N]['kind'], Need>,
    S
  >;
};

/** `params` and `workspaces` of a node; each may be left out when nothing in it is required. */
export type Bound<P extends Params, W extends Workspaces, S extends Scope> = (HasRequired<P> extends true
  ? { readonly params: BoundParams<P, S> }
  : { readonly params?: BoundParams<P, S> }) &
  (HasRequired<W> extends true
    ? { readonly workspaces: BoundWorkspaces<W, S> }
    : { readonly workspaces?: BoundWorkspaces<W, S> });
