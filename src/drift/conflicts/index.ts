/** Every conflict rule, each once; a type keeps this table and the catalogue in step. */
import type { ConflictRule } from '../../catalog/rules.ts';
import type { Finding } from '../model.ts';
import * as cache from './cache.ts';
import * as context from './context.ts';
import * as env from './env.ts';
import * as goOnPath from './go-on-path.ts';
import * as godebug from './godebug.ts';
import * as goenv from './goenv.ts';
import * as goflags from './goflags.ts';
import * as goroot from './goroot.ts';
import * as modules from './modules.ts';
import * as platform from './platform.ts';
import * as projectFiles from './project-files.ts';
import { findingsOf, type Rule, type World } from './rule.ts';
import * as stamping from './stamping.ts';
import * as toolchain from './toolchain.ts';
import * as toolchainTree from './toolchain-tree.ts';
import * as tools from './tools.ts';
import * as values from './values.ts';

const rules: Readonly<Record<ConflictRule, Rule>> = {
  'go-missing': goOnPath.goMissing,
  'toolchain-too-old': (world) => [
    ...toolchain.toolchainTooOld(world),
    ...(world.toolchain?.selection?.tooOldFor === undefined ? projectFiles.dependencyTooNew(world) : []),
  ],
  'toolchain-held-back': toolchain.toolchainHeldBack,
  'toolchain-not-installed': toolchain.toolchainNotInstalled,
  'toolchain-download-pending': toolchain.toolchainDownloadPending,
  'sumdb-blocks-switch': toolchain.sumdbBlocksSwitch,
  'toolchain-partial': toolchainTree.toolchainPartial,
  'goroot-mismatch': goroot.gorootMismatch,
  'goroot-mixed': goroot.gorootMixed,
  'goroot-not-sdk': goroot.gorootNotSdk,
  'goroot-label': goroot.gorootLabel,
  'go-shadowed': goOnPath.goShadowed,
  'path-relative': goOnPath.pathRelative,
  'go-not-run': goOnPath.goNotRun,
  'goenv-invalid': values.goenvInvalid,
  'env-invalid': values.envInvalid,
  'goenv-ignored': goenv.goenvIgnored,
  'env-ignored': values.envIgnored,
  'packages-driver': values.packagesDriver,
  'goexperiment-invalid': env.goexperimentInvalid,
  'goos-goarch-unsupported': platform.goosGoarchUnsupported,
  'goarch-level-invalid': platform.goarchLevelInvalid,
  'godebug-removed': godebug.godebugRemoved,
  'goflags-rewrites-gomod': goflags.goflagsRewritesGomod,
  'goflags-unknown': goflags.goflagsUnknown,
  'goflags-file-missing': goflags.goflagsFileMissing,
  'modules-off': env.modulesOff,
  'gopath-is-goroot': env.gopathIsGoroot,
  'sumdb-disabled': env.sumdbDisabled,
  'gotmpdir-missing': env.gotmpdirMissing,
  'gotmpdir-noexec': env.gotmpdirNoexec,
  'cgo-no-compiler': platform.cgoNoCompiler,
  'gobin-cross': platform.gobinCross,
  'vcs-stamping': stamping.vcsStamping,
  'vcs-version-stale': stamping.vcsVersionStale,
  'goflags-vendor': modules.goflagsVendor,
  'gowork-stray': modules.goworkStray,
  'gomod-invalid': projectFiles.gomodInvalid,
  'godebug-line': projectFiles.godebugLine,
  'gosum-mismatch': modules.gosumMismatch,
  'module-unavailable': modules.moduleUnavailable,
  'file-outside': modules.fileOutside,
  'requirement-overridden': modules.requirementOverridden,
  'modcache-edited': modules.modcacheEdited,
  'tool-behind': tools.toolBehind,
  'tool-not-pinned-version': tools.toolNotPinnedVersion,
  'gofmt-mismatch': tools.gofmtMismatch,
  'ide-environment-differs': context.ideEnvironmentDiffers,
  'toolchain-edited': toolchainTree.toolchainEdited,
  'cache-corrupt': cache.cacheCorrupt,
  'cache-rebound': cache.cacheRebound,
  'cache-foreign-owner': cache.cacheForeignOwner,
  'cache-unwritable': cache.cacheUnwritable,
  'cache-stale-index': cache.cacheStaleIndex,
};

/** Every rule with its name, in catalogue order. */
export const conflictRuleTable = Object.entries(rules) as readonly (readonly [ConflictRule, Rule])[];

/** Returns all conflicts of a world, in catalogue order. */
export function findConflicts(world: World): readonly Finding[] {
  return conflictRuleTable.flatMap(([name, rule]) => findingsOf(name, rule(world)));
}
