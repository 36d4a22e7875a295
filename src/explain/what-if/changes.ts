/** What `godrift what-if` is asked: settings, lines of the project and another go, checked before any snapshot is read. */
import { AppError } from '../../catalog/errors.ts';
import { variable } from '../../catalog/variables.ts';
import { visible } from '../../catalog/visible.ts';
import { isLanguageVersion, isValidGoVersion, toolchainToVersion } from '../../go/version.ts';

/** The lines of a file that ask for a toolchain; `''` where the line is taken away, undefined where it stays as it is. */
export interface LineChanges {
  readonly go?: string;
  readonly toolchain?: string;
}

/** All that is changed. */
export interface Changes {
  /** Variables by name; `''` takes one away, whoever set it. */
  readonly variables: ReadonlyMap<string, string>;
  readonly goMod: LineChanges;
  readonly goWork: LineChanges;
  /** Version of the go that comes first on PATH, without `go`: a release as it is shipped. */
  readonly go?: string;
  /** In the order in which they were given, for the report; a bare name of a variable as the key of its entry. */
  readonly given: readonly { readonly key: string; readonly value: string }[];
}

const refuse = (what: string, why: string, todo: string) =>
  new AppError(`cannot use ${visible(what)}`, why, todo);

function checkedVariable(name: string, setting: string): string {
  const row = variable(name);
  if (row === undefined || !row.entry)
    throw refuse(setting, 'Go has no such setting', 'see docs/variables.md');
  // It decides which files are read: no snapshot holds what would be found there.
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

/** Reads `KEY=VALUE` of --set and the version of --go. AppError for what cannot be asked. */
export function parseChanges(settings: readonly string[], go: string | undefined): Changes {
  const variables = new Map<string, string>();
  const lines = { go_mod: {} as Record<string, string>, go_work: {} as Record<string, string> };
  const given = settings.map((setting) => {
    const equals = setting.indexOf('=');
    const written = setting.slice(0, Math.max(equals, 0));
    // A variable may go by its bare name, as it does for `why` and `rollback --key`.
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
