/** Reads the settings that the files of an approved record make, and checks the names given by `--key`. */
import { AppError } from '../../catalog/errors.ts';
import { variable, variables } from '../../catalog/variables.ts';
import { visible } from '../../catalog/visible.ts';
import { factsOf } from '../../drift/model.ts';
import { isSecretKey, nameOfEntry } from '../../drift/secret-entries.ts';
import type { Entries } from '../../drift/snapshot.ts';
import { meantOr } from '../../explain/why/words.ts';
import { parseGoenv } from '../../go/goenv.ts';
import { publicValue } from '../../observe/collectors/env/env.ts';
import type { ApprovedRecord, SettingsRole } from '../../store/approved/record.ts';
import type { Inspection } from '../inspect.ts';
import type { EntryDifference } from './request.ts';

/** Variables that approved files set, each with its effective value. */
export type ApprovedSettings = ReadonlyMap<string, string>;

/**
 * Returns the variables that the files of one role in a record set, parsed as go parses them. `bytes` throws
 * AppError for a file whose copy is gone.
 */
export function settingsOfRole(
  { entries }: Pick<ApprovedRecord, 'entries'>,
  bytes: (digest: string) => Uint8Array,
  wanted: SettingsRole,
): ApprovedSettings {
  const found = new Map<string, string>();
  for (const { role, state } of entries) {
    if (role !== wanted || state.kind !== 'file') continue;
    const file = parseGoenv(bytes(state.sha256));
    for (const [name, { value }] of role === 'goenv' ? file.effective : file.first) found.set(name, value);
  }
  return found;
}

/**
 * Returns the variables that all settings files of a record set. A line in the user's GOENV file overrides
 * one in go.env of the Go tree. Throws like {@link settingsOfRole}.
 */
export function approvedSettings(
  record: Pick<ApprovedRecord, 'entries'>,
  bytes: (digest: string) => Uint8Array,
): ApprovedSettings {
  return new Map([...settingsOfRole(record, bytes, 'go.env'), ...settingsOfRole(record, bytes, 'goenv')]);
}

/**
 * Reports whether approved files set a variable to its approved value. If not, the value came from the
 * process environment or followed from what was installed.
 */
export function isSetByFiles({ key, expected }: EntryDifference, settings: ApprovedSettings): boolean {
  const name = nameOfEntry(key);
  const value = settings.get(name);
  if (value === undefined) return false;
  return isSecretKey(key) || value === expected || publicValue(name, value) === expected;
}

/**
 * Rejects names that neither Go, the approved record nor this host knows: a misspelt name must not pass for
 * one that was rolled back. Throws AppError that suggests the nearest names.
 */
export function requireKnown(
  names: ReadonlySet<string>,
  { observation }: Inspection,
  entries: Entries,
  settings: ApprovedSettings,
): void {
  const env = factsOf(observation, 'env');
  const known = new Set([
    ...variables.map(({ name }) => name),
    ...[...entries.keys()].flatMap((key) => (key.startsWith('env.') ? [nameOfEntry(key)] : [])),
    ...settings.keys(),
    ...(env?.variables.keys() ?? []),
    ...(env?.goenv.lines.map(({ name }) => name) ?? []),
    ...(env?.present ?? []),
  ]);
  for (const name of names) {
    if (known.has(name)) continue;
    const telling = [...known].filter((one) => variable(one) !== undefined || settings.has(one));
    throw new AppError(
      `cannot use --key ${visible(name)}`,
      'neither Go nor the approved record knows it, and nothing sets it here',
      meantOr(name, telling, 'name a variable, such as GOFLAGS'),
    );
  }
}
