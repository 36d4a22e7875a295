/**
 * Cgo that Go turned off because the C compiler is gone. CGO_ENABLED is not set, and go silently uses 0 if it
 * finds no compiler (defaultContext in cmd/go/internal/cfg/cfg.go).
 */
import { factsOf, type Observation } from './model.ts';

/** Returns summary and repair if go itself changed `env.CGO_ENABLED`; undefined for any other change. */
export function cgoByItself(
  key: string,
  observation: Observation,
): { readonly summary: string; readonly repair: string } | undefined {
  const variables = factsOf(observation, 'env')?.variables;
  const cgo = variables?.get('CGO_ENABLED');
  if (key !== 'env.CGO_ENABLED' || cgo?.value !== '0' || cgo.origin.kind !== 'default') return undefined;
  // When cross-compiling, 0 is Go's regular default and has no entry; this is about a default that would be
  // 1.
  if (cgo.default !== '1') return undefined;
  const compiler = variables?.get('CC')?.value ?? 'gcc';
  return {
    summary: `CGO_ENABLED was 1 and is 0 by itself, as the C compiler ${compiler} is not found on PATH: go builds without cgo, and says nothing`,
    repair: `put the C compiler ${compiler} on PATH again, or set CC to another one`,
  };
}
