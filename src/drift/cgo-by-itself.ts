/**
 * Cgo that goes off because the C compiler is gone: nobody set CGO_ENABLED, and go takes 0 where it finds none (defaultContext in
 * cmd/go/internal/cfg/cfg.go), without a message.
 */
import { factsOf, type Observation } from './model.ts';

/** Summary and repair of the change of `env.CGO_ENABLED` that go itself made; undefined for any other change. */
export function cgoByItself(
  key: string,
  observation: Observation,
): { readonly summary: string; readonly repair: string } | undefined {
  const variables = factsOf(observation, 'env')?.variables;
  const cgo = variables?.get('CGO_ENABLED');
  if (key !== 'env.CGO_ENABLED' || cgo?.value !== '0' || cgo.origin.kind !== 'default') return undefined;
  // Off by default where it could be on: for another platform that is what go always takes, and no entry.
  if (cgo.default !== '1') return undefined;
  const compiler = variables?.get('CC')?.value ?? 'gcc';
  return {
    summary: `CGO_ENABLED was 1 and is 0 by itself, as the C compiler ${compiler} is not found on PATH: go builds without cgo, and says nothing`,
    repair: `put the C compiler ${compiler} on PATH again, or set CC to another one`,
  };
}
