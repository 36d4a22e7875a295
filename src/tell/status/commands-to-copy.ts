/** The commands that say more of a target, to be copied: with its own name, in words of sh. Pure. */
import { type Facet, facetsWithRollback } from '../../catalog/facets.ts';
import type { Finding } from '../../drift/model.ts';
import { shellWord } from '../../drift/shell-word.ts';
import type { TargetState } from '../../drift/state.ts';

/** What `godrift why` is asked for a key of a finding; undefined for keys that it does not take. */
function askedFor(key: string): string | undefined {
  if (key.startsWith('toolchain.')) return 'toolchain';
  return /^(?:env|tools)\.[\w.-]+$/.test(key) ? key.replace(/\.secret$/, '') : undefined;
}

type Explained = Pick<TargetState, 'target' | 'workspace' | 'findings' | 'baseline'>;

/** Rules whose findings a rollback of the cache mends, from what the cache itself holds. */
const mendedInCache: ReadonlySet<string> = new Set(['cache-corrupt', 'cache-rebound']);

/** Facets of which a rollback may put something back: what drifted from a baseline that somebody accepted, and a cache that holds what is wrong. */
function facetsToPutBack({ findings, baseline }: Explained): readonly Facet[] {
  const isMeant = ({ kind, rule }: Finding) =>
    mendedInCache.has(rule) || (kind === 'drift' && baseline.kind === 'pinned');
  return facetsWithRollback.filter((facet) =>
    findings.some((finding) => finding.facet === facet && isMeant(finding)),
  );
}

/** Why the first finding is as it is, which of all breaks a build, and what a rollback would do; none where nothing was found. */
export function commandsToCopy(state: Explained): readonly string[] {
  const { target, workspace, findings } = state;
  if (findings.length === 0) return [];
  const [key] = findings.flatMap((finding) => askedFor(finding.key) ?? []);
  const named = `--target ${shellWord(target)}`;
  const place = workspace === '' ? '' : ` ${shellWord(workspace)}`;
  return [
    ...(key === undefined ? [] : [`godrift why ${shellWord(key)} ${named}${place}`]),
    // It is tried where the command would be typed.
    ...(workspace === '' ? [] : [`cd${place} && godrift blame ${named} -- go build ./...`]),
    ...facetsToPutBack(state).map((facet) => `godrift rollback --facet ${facet} --dry-run ${named}${place}`),
  ];
}
