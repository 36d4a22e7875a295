/**
 * Checks GOVCS: the version control programs that go may start, by module pattern
 * (cmd/go/internal/vcs/vcs.go, parseGOVCS).
 */
import { trimSpace } from './space.ts';

/**
 * Returns go's error for a malformed list, without the parts that quote it; undefined if the list is valid.
 */
export function govcsProblem(govcs: string): string | undefined {
  const seen = new Set<string>();
  if (trimSpace(govcs) === '') return undefined;
  for (const item of govcs.split(',').map(trimSpace)) {
    if (item === '') return 'empty entry in GOVCS';
    const colon = item.indexOf(':');
    if (colon < 0) return 'malformed entry in GOVCS (missing colon)';
    const pattern = trimSpace(item.slice(0, colon));
    const list = trimSpace(item.slice(colon + 1));
    if (pattern === '') return 'empty pattern in GOVCS';
    if (list === '') return 'empty VCS list in GOVCS';
    if (/^\.\.?(\/|$)/.test(pattern)) return 'relative pattern not allowed in GOVCS';
    if (seen.has(pattern)) return 'unreachable pattern in GOVCS';
    seen.add(pattern);
    if (list.split('|').some((name) => trimSpace(name) === '')) return 'empty VCS name in GOVCS';
  }
  return undefined;
}
