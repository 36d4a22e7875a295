/** Reads the variables that every release sets in its `go.env`, from the tree that builds. */
import path from 'node:path';
import { knowsToolchains, shippedNames } from '../../../go/defaults.ts';
import { stampOf } from '../../../host/files.ts';
import { readSettingsFile } from '../../environment/go-tree.ts';
import type { Sources } from '../../environment/sources.ts';

/**
 * Returns the value of each shipped name in go.env: the first line of a name counts, as for `go`, and `''`
 * means no line. Settings elsewhere do not matter. Undefined if no `go` answers, if it predates go.env, or if
 * the file exists but is unreadable.
 */
export function shippedSettings({
  root,
  local,
  effective,
  variables,
}: Sources): ReadonlyMap<string, string> | undefined {
  const tree = effective ?? local;
  const goroot = variables.get('GOROOT')?.value ?? '';
  if (tree === undefined || !knowsToolchains(tree.version) || !goroot.startsWith('/')) return undefined;
  const file = path.join(goroot, 'go.env');
  const settings = readSettingsFile(root, file);
  if (settings === undefined && stampOf({ root, path: file }) !== undefined) return undefined;
  return new Map([...shippedNames].map((name) => [name, settings?.file.first.get(name)?.value ?? '']));
}
