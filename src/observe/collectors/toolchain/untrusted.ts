/** Names that a repair could write to or put on PATH, and that somebody else can exchange: no command is printed for them (decision 0059). */
import path from 'node:path';
import { whoElseWrites } from '../../../host/other-writers.ts';
import type { Sources } from '../../environment/sources.ts';

/** What is looked at, of the sources of a pass. */
type Input = Pick<
  Sources,
  | 'root'
  | 'code'
  | 'settings'
  | 'candidates'
  | 'goenv'
  | 'variables'
  | 'environment'
  | 'local'
  | 'effective'
  | 'brokenSwitch'
>;

/** Why the directory of a go must not come first on PATH, in words that follow it; undefined where it may. */
export function untrustedBin(
  { root, code, candidates }: Pick<Input, 'root' | 'code' | 'candidates'>,
  bin: string,
): string | undefined {
  const relative = candidates.find((one) => one.relative !== undefined && path.dirname(one.path) === bin);
  if (relative?.relative !== undefined)
    return `is found by the entry "${relative.relative.entry}" of PATH, which is another directory in each folder`;
  // The file decides, too: a directory of this user may hold a program of somebody else.
  return whoElseWrites({ root, path: path.join(bin, 'go') }, code.directories);
}

/** The names with the reason of each; one that is not in it, nor below one that is, is this user's and root's alone. */
export function untrustedNames(input: Input): ReadonlyMap<string, string> {
  const { root, code, settings, candidates, goenv, variables, environment } = input;
  const found = new Map<string, string>();
  const temporary = variables.get('GOTMPDIR')?.value || environment.variables.get('TMPDIR') || '';
  const names = [
    goenv.path,
    temporary && path.resolve(settings.workspace || '/', temporary),
    variables.get('GOMODCACHE')?.value ?? '',
    input.local?.goroot ?? '',
    input.effective?.goroot ?? '',
    variables.get('GOROOT')?.value ?? '',
    input.brokenSwitch?.goroot ?? '',
  ];
  for (const name of new Set(names.filter((one) => one.startsWith('/')))) {
    const why = whoElseWrites({ root, path: name }, code.directories);
    if (why !== undefined) found.set(name, why);
  }
  for (const bin of new Set(candidates.map((one) => path.dirname(one.path)))) {
    const why = untrustedBin(input, bin);
    if (why !== undefined) found.set(bin, why);
  }
  return found;
}
