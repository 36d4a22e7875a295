/** Commands for users to copy that explain a target or fix it, with its name, quoted for sh. Pure. */
import { type Facet, facetsWithRollback } from '../../catalog/facets.ts';
import type { Finding } from '../../drift/model.ts';
import { shellWord } from '../../drift/shell-word.ts';
import type { TargetState } from '../../drift/state.ts';

/**
 * Returns the argument of `godrift why` for the key of a finding; undefined for keys that it does not accept.
 */
function whyArgument(key: string): string | undefined {
  if (key.startsWith('toolchain.')) return 'toolchain';
  return /^(?:env|tools)\.[\w.-]+$/.test(key) ? key.replace(/\.secret$/, '') : undefined;
}

type Explained = Pick<TargetState, 'target' | 'workspace' | 'findings' | 'baseline'>;

/** Rules whose findings a rollback of the cache repairs, with nothing but the content of the cache. */
const mendedInCache: ReadonlySet<string> = new Set(['cache-corrupt', 'cache-rebound']);

/**
 * Returns the facets that a rollback may restore: those that drifted from an accepted baseline, and a damaged
 * cache.
 */
function facetsToPutBack({ findings, baseline }: Explained): readonly Facet[] {
  const isMeant = ({ kind, rule }: Finding) =>
    mendedInCache.has(rule) || (kind === 'drift' && baseline.kind === 'pinned');
  return facetsWithRollback.filter((facet) =>
    findings.some((finding) => finding.facet === facet && isMeant(finding)),
  );
}

/**
 * Returns the commands: why the first finding is as it is, which finding breaks a build, and what a rollback
 * would do. Empty without findings.
 */
export function commandsToCopy(state: Explained): readonly string[] {
  const { target, workspace, findings } = state;
  if (findings.length === 0) return [];
  const [key] = findings.flatMap((finding) => whyArgument(finding.key) ?? []);
  const named = `--target ${shellWord(target)}`;
  const place = workspace === '' ? '' : ` ${shellWord(workspace)}`;
  return [
    ...(key === undefined ? [] : [`godrift why ${shellWord(key)} ${named}${place}`]),
    // blame tries the build in the current directory.
    ...(workspace === '' ? [] : [`cd${place} && godrift blame ${named} -- go build ./...`]),
    ...facetsToPutBack(state).map((facet) => `godrift rollback --facet ${facet} --dry-run ${named}${place}`),
  ];
}
