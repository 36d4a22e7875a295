/** What the `go.env` of the tree that builds says for the variables that every release sets there. */
import path from 'node:path';
import { knowsToolchains, shippedNames } from '../../../go/defaults.ts';
import { stampOf } from '../../../host/files.ts';
import { readSettingsFile } from '../../environment/go-tree.ts';
import type { Sources } from '../../environment/sources.ts';

/**
 * The first lines by name, which count for go, `''` for a variable without one; whoever sets the variable elsewhere changes nothing of it. Undefined where no go answers, where
 * it is one of before that file, or where the file is there and cannot be read.
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
