/**
 * Plans the restoring of directory trees that differ from what was downloaded: edited modules in the module
 * cache, the toolchain that builds, and SDKs of the same release. These steps change no file of the approved
 * record; the trees that they restore were approved by hash.
 */
import path from 'node:path';
import { findingId } from '../../drift/known-finding.ts';
import { factsOf } from '../../drift/model.ts';
import { h1Of, parseGoSum, sumKey } from '../../go/gosum.ts';
import { extractedPath } from '../../go/module-path.ts';
import { hostPlatform } from '../../go/platform.ts';
import { cachedToolchain } from '../../go/toolchain-files.ts';
import { realPathOf, stampOf } from '../../host/files.ts';
import { readMachine } from '../../host/machine.ts';
import { moduleCacheIn } from '../../undo/guards.ts';
import type { FetchStep, TreeStep } from '../../undo/step.ts';
import { planTree, type WantedTree } from '../../undo/tree-plan.ts';
import type { UnrestoredEntry } from '../../undo/unrestored.ts';
import type { Inspection } from '../inspect.ts';
import { settingsOfRole } from './approved-settings.ts';
import { type ApprovedHashes, prepareFetch } from './prepare-fetch.ts';
import type { RollbackRequest } from './request.ts';

/** The steps on directory trees. */
export interface PreparedTrees {
  readonly steps: readonly (TreeStep | FetchStep)[];
  readonly contents: ReadonlyMap<string, Uint8Array>;
  readonly left: readonly UnrestoredEntry[];
  readonly cured: readonly string[];
}

/** Most trees of one plan; the next plan finds the rest. */
const mostTrees = 50;

function editedModules(
  { observation }: Inspection,
  { record, bytes }: ApprovedHashes,
): readonly WantedTree[] {
  const sums = record.entries.flatMap(({ role, state }) =>
    (role === 'go.sum' || role === 'go.work.sum') && state.kind === 'file'
      ? [parseGoSum(bytes(state.sha256)).sums]
      : [],
  );
  return (factsOf(observation, 'modules')?.extracted?.edited ?? []).flatMap(
    ({ path: module, version, directory }) => {
      const end = `/${extractedPath(module, version)}`;
      if (!directory.endsWith(end)) return [];
      const approved = h1Of(sums, sumKey(module, version));
      return [
        {
          kind: 'module',
          key: `modules.${module}`,
          cache: directory.slice(0, -end.length),
          path: directory,
          module,
          version,
          ...(approved === undefined ? {} : { approved }),
        } as const,
      ];
    },
  );
}

/**
 * Returns the toolchain of the module cache that builds here, if it is damaged or differs from the approved
 * one.
 */
function wrongToolchain(
  { observation, state }: Inspection,
  { entries }: ApprovedHashes,
): readonly WantedTree[] {
  const { local, brokenSwitch } = factsOf(observation, 'toolchain') ?? {};
  const goroot = brokenSwitch?.goroot ?? local?.goroot;
  const cached = goroot === undefined ? undefined : cachedToolchain(goroot);
  if (goroot === undefined || cached === undefined) return [];
  const approved = entries.get('toolchain.digest');
  const version = cached.module.slice(cached.module.indexOf('@') + 1);
  // Another release is rolled back by the go.mod line or the link that chose it.
  if (!version.startsWith(`v0.0.1-go${entries.get('toolchain.version')}.`)) return [];
  const isWrong =
    brokenSwitch !== undefined ||
    local?.edited !== undefined ||
    (approved !== undefined && local?.digest !== undefined && local.digest !== approved) ||
    state.findings.some(({ rule }) => rule === 'toolchain-partial');
  if (!isWrong) return [];
  return [
    {
      kind: 'toolchain',
      key: 'toolchain.digest',
      cache: cached.modcache,
      path: goroot,
      module: 'golang.org/toolchain',
      version,
      ...(approved === undefined ? {} : { approved }),
    },
  ];
}

/** The path of an SDK: the parent directory, then `go1.22.1`. */
const sdkPath = /^(.*)\/(go(\d[^/]*))$/;

/**
 * Reports whether a directory is `~/sdk`, where golang.org/dl installs SDKs, or its real path, which is what
 * go reports.
 */
function isSdks(directory: string, home: string): boolean {
  const sdks = path.join(home, 'sdk');
  const real = (file: string) => realPathOf({ root: '/', path: file });
  return [sdks, real(sdks), path.join(real(home) ?? home, 'sdk')].includes(directory);
}

/**
 * Returns the path of the module cache. Where no go answers, it is derived from the process environment and
 * the approved settings, else from Go's default.
 */
function moduleCache(
  { observation }: Inspection,
  { record, bytes }: ApprovedHashes,
  env: ReadonlyMap<string, string>,
): string | undefined {
  const known = factsOf(observation, 'env')?.variables.get('GOMODCACHE')?.value;
  if (known !== undefined && known !== '') return known;
  return moduleCacheIn(new Map([...settingsOfRole(record, bytes, 'goenv'), ...env]));
}

/**
 * Returns the approved SDK of `~/sdk` if it is gone, incomplete or changed. The module cache may hold the
 * same release.
 */
function wrongSdk(
  looked: Inspection,
  approvedHashes: ApprovedHashes,
  env: ReadonlyMap<string, string>,
): readonly WantedTree[] {
  const { observation, state } = looked;
  const { entries } = approvedHashes;
  const home = env.get('HOME');
  const version = entries.get('toolchain.version');
  if (home === undefined) return [];
  const goroot = (entries.get('toolchain.goroot') ?? '').replace(/^\$HOME(?=\/)/, home);
  const [, above = '', , named] = sdkPath.exec(goroot) ?? [];
  if (named !== version || !isSdks(above, home)) return [];
  const { local, switches } = factsOf(observation, 'toolchain') ?? {};
  const approved = entries.get('toolchain.digest');
  const hasGo = realPathOf({ root: '/', path: path.join(goroot, 'bin/go') }) !== undefined;
  const answers = local?.goroot === goroot;
  const isWrong =
    !hasGo ||
    (answers &&
      ((approved !== undefined && local.digest !== approved) ||
        state.findings.some(
          ({ rule, summary }) => rule === 'toolchain-partial' && summary.includes(goroot),
        )));
  const cache = moduleCache(looked, approvedHashes, env);
  if (!isWrong || cache === undefined) return [];
  const platform = switches?.platform ?? hostPlatform(readMachine());
  if (platform === undefined) return [];
  return [
    {
      kind: 'sdk',
      key: 'toolchain.digest',
      cache,
      path: goroot,
      // go reports a GOROOT that is set exactly as it was written.
      isReal: !entries.has('env.GOROOT'),
      module: 'golang.org/toolchain',
      version: `v0.0.1-go${named}.${platform.replace('/', '-')}`,
      ...(approved === undefined ? {} : { approved }),
    },
  ];
}

/** Rules whose findings a step on a tree cures. */
const curedRules: ReadonlySet<string> = new Set(['modcache-edited', 'toolchain-edited', 'toolchain-partial']);

/**
 * Plans the restoring of the directory trees of a facet. There are no steps when single variables are rolled
 * back, and none for SDKs without `env`, the process environment. Programs below a directory of `code` are
 * never run.
 */
export async function prepareTrees(
  request: RollbackRequest,
  looked: Inspection,
  approved: ApprovedHashes,
  env?: ReadonlyMap<string, string>,
  code: readonly string[] = [],
): Promise<PreparedTrees> {
  const { facet, names, quick, exact } = request;
  const wanted =
    names !== undefined || exact === true
      ? []
      : facet === 'modules'
        ? editedModules(looked, approved)
        : facet === 'toolchain' && quick !== true
          ? [
              ...wrongToolchain(looked, approved),
              ...(env === undefined ? [] : wrongSdk(looked, approved, env)),
            ]
          : [];
  const steps: (TreeStep | FetchStep)[] = [];
  const contents = new Map<string, Uint8Array>();
  const left: UnrestoredEntry[] = [];
  for (const one of wanted.slice(0, mostTrees)) {
    const fetch = env === undefined ? undefined : prepareFetch(request, looked, approved, env, one, code);
    const planned = await planTree(one, fetch);
    if (planned === undefined) continue;
    if ('step' in planned) {
      if (planned.fetch !== undefined) {
        steps.push(planned.fetch.step);
        contents.set(planned.fetch.step.settings, planned.fetch.settings);
      }
      steps.push(planned.step);
    } else {
      const isGone = stampOf({ root: '/', path: one.path }) === undefined;
      left.push({
        key: one.key,
        why: `${one.path} ${isGone ? 'is gone' : 'differs from what was downloaded'}, and ${planned.why}`,
      });
    }
  }
  if (wanted.length > mostTrees)
    left.push({ key: 'modules', why: `${wanted.length - mostTrees} further modules: roll back again` });
  const cured = looked.state.findings
    .filter(
      ({ rule, summary }) => curedRules.has(rule) && steps.some(({ path: tree }) => summary.includes(tree)),
    )
    .map(findingId);
  return { steps, contents, left, cured };
}
