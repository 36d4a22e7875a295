/**
 * Reads the JSON file of -overlay, which replaces source files by others (cmd/go/internal/fsys,
 * initFromJSON).
 */

/** Replacement files by the path that they replace, `''` for a path that counts as deleted; or go's error. */
export type Overlay = { readonly replace: ReadonlyMap<string, string> } | { readonly problem: string };

const refused: Overlay = { problem: 'parsing overlay JSON' };

/**
 * Parses an overlay file. As in encoding/json, field names match in any letter case and unknown fields are
 * ignored.
 */
export function readOverlay(bytes: Uint8Array): Overlay {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return refused;
  }
  if (json === null) return { replace: new Map() };
  if (typeof json !== 'object' || Array.isArray(json)) return refused;
  const replace = Object.entries(json).findLast(([name]) => name.toLowerCase() === 'replace')?.[1] ?? {};
  if (typeof replace !== 'object' || Array.isArray(replace)) return refused;
  const files = Object.entries(replace as object).map(([from, to]) => [from, to ?? ''] as const);
  if (files.some(([, to]) => typeof to !== 'string')) return refused;
  return files.some(([from]) => from === '')
    ? { problem: 'empty string key in overlay map' }
    : { replace: new Map(files as [string, string][]) };
}
