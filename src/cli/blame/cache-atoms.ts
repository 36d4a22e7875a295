/**
 * Atoms of the build cache: the damage that an audit finds, or else the cache as a whole. Searched for only
 * when undoing everything else does not help.
 */
import type { Atom } from '../../explain/blame/atom.ts';
import { stepFile } from '../../undo/cache-plan.ts';
import { isCacheStep } from '../../undo/step.ts';
import type { Inspection } from '../inspect.ts';
import { prepareCache } from '../rollback/prepare-cache.ts';
import type { RollbackRequest } from '../rollback/request.ts';

/** The atom that replaces the whole cache with an empty one, in the folder `emptyCache`. */
const allOfIt = (emptyCache: string): Atom => ({
  id: 'cache all',
  facet: 'cache',
  key: 'cache',
  kind: 'repair',
  title: 'the build cache: with an empty one the command passes',
  likelihood: 1,
  changes: [{ do: 'process', name: 'GOCACHE', value: emptyCache }],
  repair: 'go clean -cache',
});

/** Returns the atoms of a target's build cache. */
export async function cacheAtoms(
  request: RollbackRequest,
  { state }: Inspection,
  emptyCache: string,
): Promise<readonly Atom[]> {
  const { plan } = await prepareCache(request);
  const steps = plan.steps.filter(isCacheStep);
  const about = state.findings.filter(({ kind }) => kind === 'conflict');
  // A cache without a location is explained by the variable that names its location.
  const told = about.find(({ key }) => key === 'env.GOCACHE') ?? about.find(({ facet }) => facet === 'cache');
  const whole = allOfIt(emptyCache);
  const [first] = steps;
  if (first === undefined)
    return [
      told === undefined
        ? whole
        : {
            ...whole,
            facet: told.facet,
            key: told.key,
            title: told.summary,
            repair: told.repair ?? whole.repair,
          },
    ];
  return [
    {
      id: 'cache damaged',
      facet: 'cache',
      key: 'cache.corrupt',
      kind: 'repair',
      title: `${steps.length} entries of the build cache are not what they should be, such as ${first.path}`,
      likelihood: 4,
      changes: steps.map((step) => ({ do: 'remove', path: `${step.cache}/${stepFile(step)}` }) as const),
      repair: 'godrift cache repair --yes',
      ownCache: true,
    },
  ];
}
