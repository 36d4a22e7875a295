/**
 * Parses the output of `go list -m -e -json all`: concatenated JSON objects, indented by tabs, each ending in
 * a line `}` (cmd/go/internal/list; the fields are those of modinfo.ModulePublic). Fields that godrift does
 * not use are dropped.
 */

/** One module of the build list. */
export interface ListedModule {
  readonly path: string;
  /** `''` for a main module. */
  readonly version: string;
  readonly main: boolean;
  readonly indirect: boolean;
  /** The replacement; without a version `path` is a directory as written in go.mod or go.work. */
  readonly replace?: { readonly path: string; readonly version?: string };
  readonly error?: string;
}

/** The complete list, or the reason why the output is not one. */
export type ListResult = { readonly modules: readonly ListedModule[] } | { readonly problem: string };

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function moduleOf(value: unknown): ListedModule | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const row = value as Record<string, unknown>;
  const path = text(row['Path']);
  if (path === '') return undefined;
  const replace = row['Replace'] as Record<string, unknown> | undefined;
  const error = row['Error'] as Record<string, unknown> | undefined;
  const version = text(replace?.['Version']);
  return {
    path,
    version: text(row['Version']),
    main: row['Main'] === true,
    indirect: row['Indirect'] === true,
    ...(replace === undefined
      ? {}
      : { replace: { path: text(replace['Path']), ...(version === '' ? {} : { version }) } }),
    ...(error === undefined ? {} : { error: text(error['Err']) }),
  };
}

/** Parses the output. Truncated or unexpected output gives a problem, never a shorter list. */
export function parseGoList(output: string): ListResult {
  const objects = output.split(/^\}\s*$/m);
  const rest = objects.pop() ?? '';
  if (rest.trim() !== '') return { problem: 'go list printed an incomplete list' };
  const modules: ListedModule[] = [];
  for (const object of objects) {
    let value: unknown;
    try {
      value = JSON.parse(`${object}}`);
    } catch {
      return { problem: 'go list printed invalid JSON' };
    }
    const module = moduleOf(value);
    if (module === undefined) return { problem: 'go list printed an object that is not a module' };
    modules.push(module);
  }
  return { modules };
}
