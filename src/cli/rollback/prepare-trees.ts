/**
 * What of the module cache is not what was downloaded, and the steps that put it back: modules that somebody edited, and the toolchain that builds, with SDKs that are the same release. No
 * name of the approved record is changed by them; what they restore was approved by its hash.
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
import type { Left } from '../../undo/left.ts';
import type { FetchStep, TreeStep } from '../../undo/step.ts';
import { planTree, type WantedTree } from '../../undo/tree-plan.ts';
import type { Inspection } from '../inspect.ts';
import { settingsOfRole } from './approved-settings.ts';
import { type ApprovedHashes, prepareFetch } from './prepare-fetch.ts';
import type { RollbackRequest } from './request.ts';

/** Steps on trees and what they need, with the contents that those name, what has none with the reason, and findings that must be gone afterwards, as `rule` NUL `summary`. */
export interface PreparedTrees {
  readonly steps: readonly (TreeStep | FetchStep)[];
  readonly contents: ReadonlyMap<string, Uint8Array>;
  readonly left: readonly Left[];
  readonly cured: readonly string[];
}

/** Trees of one plan; what is beyond is found by the next one. */
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

/** The toolchain of the module cache that builds here, where something of it is wrong or another thing than was approved. */
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
  // Another release is put back by the line or the link that chose it.
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

/** An SDK, as a directory and its name. */
const sdkPath = /^(.*)\/(go(\d[^/]*))$/;

/** Whether a directory is where golang.org/dl puts SDKs, `~/sdk`, or what that leads to: go tells the real path. */
function isSdks(directory: string, home: string): boolean {
  const sdks = path.join(home, 'sdk');
  const real = (file: string) => realPathOf({ root: '/', path: file });
  return [sdks, real(sdks), path.join(real(home) ?? home, 'sdk')].includes(directory);
}

/** The module cache. Where no go answers nobody knows it of one: then it is where the process environment or the approved settings have it, or at Go's usual place. */
function moduleCache(
  { observation }: Inspection,
  { record, bytes }: ApprovedHashes,
  env: ReadonlyMap<string, string>,
): string | undefined {
  const known = factsOf(observation, 'env')?.variables.get('GOMODCACHE')?.value;
  if (known !== undefined && known !== '') return known;
  return moduleCacheIn(new Map([...settingsOfRole(record, bytes, 'goenv'), ...env]));
}

/** The SDK of `~/sdk` that was approved, where it is gone, not whole, or holds other files: the module cache may have the same release. */
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
      // A GOROOT that is set is told as it is.
      isReal: !entries.has('env.GOROOT'),
      module: 'golang.org/toolchain',
      version: `v0.0.1-go${named}.${platform.replace('/', '-')}`,
      ...(approved === undefined ? {} : { approved }),
    },
  ];
}

/** Rules whose findings such a step cures. */
const curedRules: ReadonlySet<string> = new Set(['modcache-edited', 'toolchain-edited', 'toolchain-partial']);

/** Plans the directories of a facet; none where single variables are asked for, and no SDK without `env`, the environment of the process. In `code` nothing is run. */
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
  const left: Left[] = [];
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
        why: `${one.path} is ${isGone ? 'gone' : 'not what was downloaded'}, and ${planned.why}`,
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
