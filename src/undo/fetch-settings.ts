/**
 * Determines the Go settings with which a release is downloaded: those that were approved on this host,
 * whatever holds now. Pure. The approved entries are redacted and portable and only identify a value; the
 * value itself comes from the approved files, or from the environment of this process while it still matches.
 */
import { fetchNames } from '../catalog/fetch-names.ts';
import { variable } from '../catalog/variables.ts';
import { type PathRoots, portablePath } from '../drift/portable.ts';
import type { Entries } from '../drift/snapshot.ts';
import { redactValue } from '../go/redact.ts';

/**
 * Variables that decide a download and that a go.env could set. godrift sets each for the download or keeps
 * it unset.
 */
export const decidingNames: readonly string[] = [...fetchNames, 'GOAUTH', 'GODEBUG'];

/** Values by the name of a variable. */
export type Values = ReadonlyMap<string, string>;

/** The approved state from which the settings are derived. */
export interface ApprovedSettings {
  readonly entries: Entries;
  /** Settings of the approved files, in order of precedence. Unset variables are missing. */
  readonly files: readonly Values[];
  readonly process: Values;
  readonly roots: PathRoots;
}

/** Returns a value as entries hold it: redacted and portable. */
const shown = (name: string, value: string, roots: PathRoots) =>
  portablePath(redactValue(variable(name)?.secret ?? 'whole', value), roots);

/**
 * Returns the settings for the download, or why an approved value is no longer known. Go uses its own default
 * for a variable that is not in the result.
 */
export function fetchSettings({
  entries,
  files,
  process,
  roots,
}: ApprovedSettings): { readonly settings: Values } | { readonly why: string } {
  const settings = new Map<string, string>();
  for (const name of fetchNames) {
    const wanted = entries.get(`env.${name}`);
    const valuesIn = (sources: readonly Values[]) => sources.flatMap((values) => values.get(name) || []);
    // A value equal to Go's default has no entry.
    const value =
      wanted === undefined
        ? valuesIn(files)[0]
        : valuesIn([...files, process]).find((one) => shown(name, one, roots) === wanted);
    if (wanted !== undefined && value === undefined)
      return { why: `the approved ${name} came from the process environment, which has another value now` };
    if (value !== undefined && /[\n\0]/.test(value)) return { why: `${name} holds a line break` };
    if (value !== undefined) settings.set(name, value);
  }
  // Commands named in GOAUTH are never started (go help goauth).
  settings.set('GOAUTH', files.some((file) => file.get('GOAUTH') === 'off') ? 'off' : 'netrc');
  return { settings };
}

/** Encodes settings for storage beside a plan: one `NAME=value` line each. */
export function formatFetchSettings(settings: Values): Uint8Array {
  return new TextEncoder().encode([...settings].map(([name, value]) => `${name}=${value}\n`).join(''));
}

/** Decodes settings written by {@link formatFetchSettings}. */
export function parseFetchSettings(text: Uint8Array): Values {
  const lines = new TextDecoder().decode(text).split('\n').filter(Boolean);
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  );
}
