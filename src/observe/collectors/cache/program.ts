/** The program that holds the build cache in place of the directory. */
import { goMinor } from '../../../go/defaults.ts';
import type { Sources } from '../../environment/sources.ts';

/**
 * GOCACHEPROG as go takes it; undefined when the cache is the directory. Since 1.24; before, only a go that was itself built with the experiment
 * reads it, which no release is (cmd/go/internal/cache/default.go).
 */
export function cacheProgramOf({ variables, effective, local }: Sources): string | undefined {
  const program = variables.get('GOCACHEPROG')?.value ?? '';
  if (program === '') return undefined;
  return goMinor((effective ?? local)?.version ?? '') >= 24 ? program : undefined;
}
