/**
 * What `go list -m -e -json all` prints: JSON objects one after the other, indented by tabs, each ending in a line `}`
 * (cmd/go/internal/list; the fields are modinfo.ModulePublic's). Only what godrift uses is taken over.
 */

/** One module of the build list. */
export interface ListedModule {
  readonly path: string;
  /** `''` for a main module. */
  readonly version: string;
  readonly main: boolean;
  readonly indirect: boolean;
  /** Without version: a directory, as go.mod or go.work writes it. */
  readonly replace?: { readonly path: string; readonly version?: string };
  readonly error?: string;
}

/** The whole list, or why it is none. */
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

/** Reads the stream. A stream that breaks off, or holds anything else, is a problem and no shorter list. */
export function parseGoList(output: string): ListResult {
  const objects = output.split(/^\}\s*$/m);
  const rest = objects.pop() ?? '';
  if (rest.trim() !== '') return { problem: 'go list printed something that is no whole list' };
  const modules: ListedModule[] = [];
  for (const object of objects) {
    let value: unknown;
    try {
      value = JSON.parse(`${object}}`);
    } catch {
      return { problem: 'go list printed something that is no JSON' };
    }
    const module = moduleOf(value);
    if (module === undefined) return { problem: 'go list printed an object that is no module' };
    modules.push(module);
  }
  return { modules };
}
