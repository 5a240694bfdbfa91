import { inputError } from '../../kit/errors/op-error.js';

/** The Platform APIs of op's own lifecycle. Source: buildpacks/lifecycle v0.21.0, api/apis.go. */
const own = ['0.7', '0.8', '0.9', '0.10', '0.11', '0.12', '0.13', '0.14', '0.15'] as const;

/** A Platform API version, and what it can do. */
export interface PlatformApi {
  readonly version: string;
  readonly atLeast: (version: (typeof own)[number]) => boolean;
}

/**
 * The newest Platform API that the builder's lifecycle has in common with op's.
 * @throws OpError (input) when there is none
 */
export function commonApi(builder: string, supported: readonly string[]): PlatformApi {
  const index = own.findLastIndex((version) => supported.includes(version));
  const version = own[index];
  if (version !== undefined) return { version, atLeast: (other) => own.indexOf(other) <= index };
  throw inputError({
    what: `cannot build with the builder ${builder}`,
    why: `its lifecycle speaks the Platform APIs ${supported.join(', ') || 'none'}, and op's ${own[0]} to ${own.at(-1)}`,
    hint: 'take a newer builder',
  });
}
