/** Atoms of the build cache: what an audit finds wrong in it, or all of it where the audit finds nothing. Looked for only when everything else is undone in vain. */
import type { Atom } from '../../explain/blame/atom.ts';
import { stepFile } from '../../undo/cache-plan.ts';
import { isCacheStep } from '../../undo/step.ts';
import type { Inspection } from '../inspect.ts';
import { prepareCache } from '../rollback/prepare-cache.ts';
import type { RollbackRequest } from '../rollback/request.ts';

/** An empty cache, which `emptyCache` names, in the place of this one. */
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

/** Every atom of the cache of a target. */
export async function cacheAtoms(
  request: RollbackRequest,
  { state }: Inspection,
  emptyCache: string,
): Promise<readonly Atom[]> {
  const { plan } = await prepareCache(request);
  const steps = plan.steps.filter(isCacheStep);
  const about = state.findings.filter(({ kind }) => kind === 'conflict');
  // A cache that has no place is a matter of what names its place.
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
