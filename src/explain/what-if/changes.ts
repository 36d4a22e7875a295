/**
 * The question of `godrift what-if`: settings, lines of the project and another go, validated before any
 * snapshot is read.
 */
import { AppError } from '../../catalog/errors.ts';
import { variable } from '../../catalog/variables.ts';
import { visible } from '../../catalog/visible.ts';
import { isLanguageVersion, isValidGoVersion, toolchainToVersion } from '../../go/version.ts';

/** The toolchain lines of a file; `''` removes a line, undefined keeps it. */
export interface LineChanges {
  readonly go?: string;
  readonly toolchain?: string;
}

/** All changes. */
export interface Changes {
  /** Variables by name; `''` unsets one, wherever it is set. */
  readonly variables: ReadonlyMap<string, string>;
  readonly goMod: LineChanges;
  readonly goWork: LineChanges;
  /** Version of an unmodified release that comes first on PATH, without `go`. */
  readonly go?: string;
  /** The changes in the given order, for the report; variables by entry key. */
  readonly given: readonly { readonly key: string; readonly value: string }[];
}

const refuse = (what: string, why: string, todo: string) =>
  new AppError(`cannot use ${visible(what)}`, why, todo);

function checkedVariable(name: string, setting: string): string {
  const row = variable(name);
  if (row === undefined || !row.entry)
    throw refuse(setting, 'Go has no such setting', 'see docs/variables.md');
  // These variables decide which files are read, and no snapshot contains those files.
  if (name === 'GOROOT' || name === 'GOENV')
    throw refuse(
      setting,
      `what stands where ${name} leads is in no snapshot`,
      'name its settings one by one, or --go',
    );
  return name;
}

function checkedLine(line: string, value: string, setting: string): string {
  const none = value === '' || value === 'none';
  if (none) return '';
  const isGood =
    line === 'go' ? isValidGoVersion(value) : value === 'default' || toolchainToVersion(value) !== '';
  if (isGood) return value;
  const form = line === 'go' ? 'a version such as 1.27 or 1.27.4' : 'default, or a name such as go1.27.4';
  throw refuse(setting, 'go takes no such line', `write ${form}`);
}

/** Parses `KEY=VALUE` of --set and the version of --go. Throws AppError for invalid changes. */
export function parseChanges(settings: readonly string[], go: string | undefined): Changes {
  const variables = new Map<string, string>();
  const lines = { go_mod: {} as Record<string, string>, go_work: {} as Record<string, string> };
  const given = settings.map((setting) => {
    const equals = setting.indexOf('=');
    const written = setting.slice(0, Math.max(equals, 0));
    // A variable may be given by its bare name, as for `why` and `rollback --key`.
    const key = variable(written) === undefined ? written : `env.${written}`;
    const value = setting.slice(equals + 1);
    const [facet = '', ...rest] = key.split('.');
    const name = rest.join('.');
    if (facet === 'env') variables.set(checkedVariable(name, setting), value);
    else if ((facet === 'go_mod' || facet === 'go_work') && (name === 'go' || name === 'toolchain'))
      lines[facet][name] = checkedLine(name, value, setting);
    else
      throw refuse(
        setting,
        'it is no setting that a snapshot could be asked about',
        'write env.NAME=VALUE, go_mod.go=VERSION, go_mod.toolchain=NAME or go_work.go=VERSION',
      );
    return { key, value };
  });
  const version = go?.replace(/^go/, '');
  if (version !== undefined && (!isValidGoVersion(version) || isLanguageVersion(version)))
    throw refuse(`--go ${go}`, 'it names no release of Go', 'write a whole version, such as 1.27.4');
  if (given.length === 0 && version === undefined)
    throw new AppError('cannot say what would be', 'nothing is changed', 'give --set or --go');
  return {
    variables,
    goMod: lines.go_mod,
    goWork: lines.go_work,
    ...(version === undefined ? {} : { go: version }),
    given: [...given, ...(version === undefined ? [] : [{ key: 'go', value: version }])],
  };
}
