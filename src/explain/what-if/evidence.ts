/**
 * Extracts from a snapshot what decides the choice of a toolchain. What a snapshot does not contain is
 * undefined.
 */
import { noLine, shippedKeyOf } from '../../drift/shipped-entries.ts';
import type { Entries } from '../../drift/snapshot.ts';
import type { SelectionOutcome } from '../../go/select.ts';

/** Facts about the choice from a host that was just observed; they leave nothing open. */
export interface HostEvidence {
  /** Version of the go that is started, without `go`. */
  readonly local: string;
  /** GOTOOLCHAIN, GOPROXY and GOSUMDB of its go.env; `''` if not set there. */
  readonly shipped: { readonly gotoolchain: string; readonly goproxy: string; readonly gosumdb: string };
  readonly hasGoMod: boolean;
  /** The lines of the file in force, `''` if absent. */
  readonly go: string;
  readonly toolchain: string;
  /** Names of toolchains (`go1.27.4`) on PATH and in the module cache. */
  readonly onPath: readonly string[];
  readonly cached: readonly string[];
}

/** Everything that affects the choice. */
export interface Evidence {
  /** The Go that builds, without `go`; `''` if go gives up. */
  readonly version: string;
  /** How it was chosen; undefined if the snapshot has no toolchain. */
  readonly outcome: SelectionOutcome | undefined;
  /** GOTOOLCHAIN of process or GOENV; undefined if not set. */
  readonly setting: string | undefined;
  /** GOTOOLCHAIN of go.env; undefined if the snapshot does not record it. */
  readonly shipped: string | undefined;
  readonly go111module: string;
  readonly goproxy: string | undefined;
  readonly gosumdb: string | undefined;
  /** The file in force; `unknown` if the snapshot has no module entries. */
  readonly file: 'go.mod' | 'go.work' | 'unknown';
  /** Lines of that file, if they were published with the snapshot. */
  readonly lines?: { readonly go?: string; readonly toolchain?: string };
  readonly host?: HostEvidence;
}

const outcomes: readonly SelectionOutcome[] = [
  'local',
  'path',
  'cached',
  'download',
  'forbidden',
  'invalid',
  'not-found',
];

/**
 * Reads the evidence from entries. `lines` are those published with the snapshot; `host` is given if the host
 * was observed.
 */
export function evidenceOf(
  entries: Entries,
  {
    lines,
    host,
  }: { readonly lines?: Evidence['lines'] | undefined; readonly host?: HostEvidence | undefined } = {},
): Evidence {
  const origin = entries.get('toolchain.origin');
  const shipped = entries.get(shippedKeyOf('GOTOOLCHAIN'));
  const file = entries.has('modules.go_work')
    ? 'go.work'
    : entries.has('modules.go_mod')
      ? 'go.mod'
      : 'unknown';
  return {
    version: entries.get('toolchain.version') ?? '',
    outcome: outcomes.find((one) => one === origin),
    setting: entries.get('env.GOTOOLCHAIN'),
    shipped: shipped === noLine ? '' : shipped,
    go111module: entries.get('env.GO111MODULE') ?? '',
    goproxy: entries.get('env.GOPROXY'),
    gosumdb: entries.get('env.GOSUMDB'),
    file,
    ...(lines === undefined ? {} : { lines }),
    ...(host === undefined ? {} : { host }),
  };
}
