/**
 * Decides whether a release whose zip is not in the module cache can be downloaded, by which go and with
 * which settings (decision 0131). Starts nothing.
 */
import path from 'node:path';
import { fetchNames } from '../../catalog/fetch-names.ts';
import { factsOf } from '../../drift/model.ts';
import type { PathRoots } from '../../drift/portable.ts';
import type { Entries } from '../../drift/snapshot.ts';
import { compareGoVersions } from '../../go/version.ts';
import { checkProgram, isWithin } from '../../host/checked-program.ts';
import { sha256Hex } from '../../host/digest.ts';
import type { ApprovedRecord } from '../../store/approved/record.ts';
import { decidingNames, fetchSettings, formatFetchSettings } from '../../undo/fetch-settings.ts';
import type { PlannedFetch, WantedTree } from '../../undo/tree-plan.ts';
import type { Inspection } from '../inspect.ts';
import { settingsOfRole } from './approved-settings.ts';
import type { RollbackRequest } from './request.ts';

/** The approved record with its entries. */
export interface ApprovedHashes {
  readonly record: ApprovedRecord;
  readonly entries: Entries;
  /** Returns the bytes of a file of the record. */
  readonly bytes: (digest: string) => Uint8Array;
}

/**
 * Since Go 1.21 a toolchain is checked against the checksum database, whatever GOSUMDB says
 * (modfetch.useSumDB).
 */
const oldestGo = '1.21';

/**
 * Returns the newest go of this host that may be run and does not belong to the damaged tree, or why there is
 * none.
 */
function programFor(
  { observation }: Inspection,
  wanted: WantedTree,
  code: readonly string[],
): { readonly go: string } | { readonly why: string } {
  const installed = factsOf(observation, 'toolchain')?.installed ?? [];
  const why: string[] = [];
  for (const { version, bin, settings } of [...installed].reverse()) {
    const go = path.join(bin, 'go');
    if (compareGoVersions(version, oldestGo) < 0) continue;
    const checked = checkProgram(go, code);
    if ('why' in checked) {
      why.push(checked.why);
      continue;
    }
    if (isWithin(checked.program, wanted.path)) continue;
    // Every release ships GOPROXY and GOSUMDB in go.env. Any other deciding variable there was set on
    // purpose.
    const odd = decidingNames.find(
      (name) => name !== 'GOPROXY' && name !== 'GOSUMDB' && settings?.has(name) !== false,
    );
    if (odd === undefined) return { go: checked.program };
    why.push(`${path.dirname(bin)}/go.env ${settings === undefined ? 'cannot be read' : `sets ${odd}`}`);
  }
  return { why: ['no other go of this host may be run for it', ...why.slice(0, 1)].join(': ') };
}

function rootsOf(
  { target }: RollbackRequest,
  { entries }: ApprovedHashes,
  env: ReadonlyMap<string, string>,
): PathRoots {
  const home = env.get('HOME');
  const gopath = env.get('GOPATH')?.split(':', 1)[0] ?? (home === undefined ? undefined : `${home}/go`);
  const goroot = entries.get('toolchain.goroot')?.replace(/^\$HOME(?=\/|$)/, home ?? '$HOME');
  return {
    ...(target.workspace === '' ? {} : { workspace: target.workspace }),
    ...(home === undefined ? {} : { home }),
    ...(gopath === undefined ? {} : { gopath }),
    ...(goroot === undefined ? {} : { goroot }),
  };
}

/**
 * Returns the step that downloads the zip of a tree, or why no go can. Undefined where the configuration does
 * not allow downloads.
 */
export function prepareFetch(
  request: RollbackRequest,
  looked: Inspection,
  approved: ApprovedHashes,
  env: ReadonlyMap<string, string>,
  wanted: WantedTree,
  code: readonly string[],
): PlannedFetch | { readonly why: string } | undefined {
  const { kind, module, version, approved: digest } = wanted;
  if (request.download !== true || kind === 'module' || digest === undefined) return undefined;
  const { record, bytes } = approved;
  const isOwn = request.target.environment.from === 'self';
  const found = fetchSettings({
    entries: approved.entries,
    files: [settingsOfRole(record, bytes, 'goenv'), settingsOfRole(record, bytes, 'go.env')],
    process: new Map(isOwn ? [...env].filter(([name]) => fetchNames.some((one) => one === name)) : []),
    roots: rootsOf(request, approved, env),
  });
  if ('why' in found) return found;
  const program = programFor(looked, wanted, code);
  if ('why' in program) return program;
  const settings = formatFetchSettings(found.settings);
  return {
    settings,
    step: {
      kind: 'fetch-zip',
      path: path.join(request.stateDirectory, 'fetched', `${path.basename(module)}@${version}.zip`),
      module,
      version,
      approved: digest,
      go: program.go,
      settings: sha256Hex(settings),
    },
  };
}
