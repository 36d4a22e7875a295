/**
 * Finds paths that a repair could write to or put on PATH, but that other users can replace: no command is
 * printed for them (decision 0059).
 */
import path from 'node:path';
import { whoElseWrites } from '../../../host/other-writers.ts';
import type { Sources } from '../../environment/sources.ts';

/** The sources that are examined. */
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

/** Returns why a directory must not come first on PATH, worded to follow its name; undefined if it may. */
export function untrustedBin(
  { root, code, candidates }: Pick<Input, 'root' | 'code' | 'candidates'>,
  bin: string,
): string | undefined {
  const relative = candidates.find((one) => one.relative !== undefined && path.dirname(one.path) === bin);
  if (relative?.relative !== undefined)
    return `is found by the entry "${relative.relative.entry}" of PATH, which depends on the current directory`;
  // The file matters too: a directory of this user may contain another user's program.
  return whoElseWrites({ root, path: path.join(bin, 'go') }, code.directories);
}

/**
 * Returns the untrusted paths with their reasons. A path that is neither listed nor below a listed one
 * belongs to this user and root alone.
 */
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
