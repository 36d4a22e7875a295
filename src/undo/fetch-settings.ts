/**
 * With which settings of Go a release is fetched: those that were approved on this host, whatever holds now. Pure. The approved entries say which value held, redacted and portable; the value itself is
 * that of the approved files, or of the environment of this process where it is still the one that was approved.
 */
import { fetchNames } from '../catalog/fetch-names.ts';
import { variable } from '../catalog/variables.ts';
import { type PathRoots, portablePath } from '../drift/portable.ts';
import type { Entries } from '../drift/snapshot.ts';
import { redactValue } from '../go/redact.ts';

/** Names that a go.env might set as well, and that are set for whoever fetches or must not be there. */
export const decidingNames: readonly string[] = [...fetchNames, 'GOAUTH', 'GODEBUG'];

/** Values by the name of a variable. */
export type Values = ReadonlyMap<string, string>;

/** What is known of what was approved. */
export interface ApprovedSettings {
  readonly entries: Entries;
  /** The settings of the approved files, the one that decides first, and of this process; of variables that are not set there is none. */
  readonly files: readonly Values[];
  readonly process: Values;
  readonly roots: PathRoots;
}

/** A value as entries have it: redacted, and portable. */
const shown = (name: string, value: string, roots: PathRoots) =>
  portablePath(redactValue(variable(name)?.secret ?? 'whole', value), roots);

/** The settings with which go fetches, or why the approved ones are not known any more. A variable that is not among them is left to Go's own default. */
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
    // A value that Go would take anyway has no entry.
    const value =
      wanted === undefined
        ? valuesIn(files)[0]
        : valuesIn([...files, process]).find((one) => shown(name, one, roots) === wanted);
    if (wanted !== undefined && value === undefined)
      return { why: `the ${name} that was approved was a variable of the process, and is another one now` };
    if (value !== undefined && /[\n\0]/.test(value)) return { why: `${name} holds a line break` };
    if (value !== undefined) settings.set(name, value);
  }
  // Commands that GOAUTH names are not started (go help goauth).
  settings.set('GOAUTH', files.some((file) => file.get('GOAUTH') === 'off') ? 'off' : 'netrc');
  return { settings };
}

/** As they are kept beside a plan: a line `NAME=value` each. */
export function formatFetchSettings(settings: Values): Uint8Array {
  return new TextEncoder().encode([...settings].map(([name, value]) => `${name}=${value}\n`).join(''));
}

/** Reads them back. */
export function parseFetchSettings(text: Uint8Array): Values {
  const lines = new TextDecoder().decode(text).split('\n').filter(Boolean);
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  );
}
