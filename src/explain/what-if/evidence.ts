/** What a snapshot holds of the choice of a toolchain. What it does not hold is undefined, and stays so. */
import { noLine, shippedKeyOf } from '../../drift/shipped-entries.ts';
import type { Entries } from '../../drift/snapshot.ts';
import type { SelectionOutcome } from '../../go/select.ts';

/** What a host says of the choice that was looked at just now; nothing of it is open then. */
export interface HostEvidence {
  /** Version of the go that is started, without `go`. */
  readonly local: string;
  /** GOTOOLCHAIN, GOPROXY and GOSUMDB of its go.env; `''` where that has none. */
  readonly shipped: { readonly gotoolchain: string; readonly goproxy: string; readonly gosumdb: string };
  readonly hasGoMod: boolean;
  /** The lines of the file that decides, `''` where there is none. */
  readonly go: string;
  readonly toolchain: string;
  /** Names of toolchains (`go1.27.4`) on PATH, and in the module cache. */
  readonly onPath: readonly string[];
  readonly cached: readonly string[];
}

/** Everything that bears on the choice. */
export interface Evidence {
  /** The Go that builds, without `go`; `''` where go gives up. */
  readonly version: string;
  /** How it was chosen; undefined where the snapshot has no toolchain at all. */
  readonly outcome: SelectionOutcome | undefined;
  /** GOTOOLCHAIN of process or GOENV; undefined where nobody sets it. */
  readonly setting: string | undefined;
  /** GOTOOLCHAIN of go.env; undefined where the snapshot does not say. */
  readonly shipped: string | undefined;
  readonly go111module: string;
  readonly goproxy: string | undefined;
  readonly gosumdb: string | undefined;
  /** The file that decides; `unknown` where the snapshot has nothing of the modules. */
  readonly file: 'go.mod' | 'go.work' | 'unknown';
  /** Lines of that file, where whoever published the snapshot told them. */
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

/** Reads the entries. `lines` are those of pins, where they were published; `host` is what the host says, where it was looked at. */
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
