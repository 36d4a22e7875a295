/** The program that serves as the build cache instead of a directory. */
import { goMinor } from '../../../go/defaults.ts';
import type { Sources } from '../../environment/sources.ts';

/**
 * Returns GOCACHEPROG as `go` uses it; undefined if the cache is a directory. The variable exists since Go
 * 1.24. Before, only a `go` built with an experiment reads it, and no release is
 * (cmd/go/internal/cache/default.go).
 */
export function cacheProgramOf({ variables, effective, local }: Sources): string | undefined {
  const program = variables.get('GOCACHEPROG')?.value ?? '';
  if (program === '') return undefined;
  return goMinor((effective ?? local)?.version ?? '') >= 24 ? program : undefined;
}
