/** The catalogue of conflict rules (contract §3). */
import { envRules } from './env-rules.ts';
import type { RuleRow } from './rule-row.ts';
import { toolchainRules } from './toolchain-rules.ts';

/** All conflict rules, in the order of docs/conflicts.md. */
export const conflictRules = [
  ...toolchainRules,
  ...envRules,
  {
    rule: 'goflags-vendor',
    facet: 'modules',
    level: 'major',
    holds:
      '-mod=vendor (or a vendor directory) with a vendor/modules.txt that is missing or inconsistent with go.mod',
  },
  {
    rule: 'gowork-stray',
    facet: 'modules',
    level: 'minor',
    varies: true,
    holds:
      'a go.work is in effect (in a parent directory, or by GOWORK) that does not list the workspace, is outside its repository, or belongs to another user',
  },
  {
    rule: 'gomod-invalid',
    facet: 'modules',
    level: 'major',
    holds: 'go.mod or go.work cannot be parsed by this toolchain, or go refuses its content',
  },
  {
    rule: 'godebug-line',
    facet: 'modules',
    level: 'major',
    holds:
      'a //go:debug line in the workspace, below cmd or in a directory called main has a setting that this toolchain removed or does not know',
  },
  {
    rule: 'gosum-mismatch',
    facet: 'modules',
    level: 'major',
    holds: 'go.sum lacks a sum that a build needs, or contradicts the module cache',
  },
  {
    rule: 'module-unavailable',
    facet: 'modules',
    level: 'major',
    holds:
      'a module that the build needs is not in the module cache and cannot be downloaded, its cached zip is incomplete, or the module cache is not writable; or no module in go.mod or go.work provides an imported package',
  },
  {
    rule: 'file-outside',
    facet: 'modules',
    level: 'patch',
    holds:
      'go.mod, go.work, go.sum, vendor or a version file of the workspace is a symlink that leads out of the workspace and its repository: godrift does not follow it',
  },
  {
    rule: 'requirement-overridden',
    facet: 'modules',
    level: 'patch',
    varies: true,
    holds:
      'the go.mod of the main module requires a version that the build does not use (untidy, go.work, replace), or lacks a module that it needs: major where builds fail, else the level of the difference; patch for a replacement by a directory or another module',
  },
  {
    rule: 'modcache-edited',
    facet: 'modules',
    level: 'major',
    holds: 'the files of an extracted module do not match its recorded hash',
  },
  {
    rule: 'tool-behind',
    facet: 'tools',
    level: 'minor',
    varies: true,
    holds:
      'a tool was built with an older Go language version than the project needs (patch for a tool that does not load Go source, and where only the toolchain is newer), or does not support that Go regardless of what built it (Delve)',
  },
  {
    rule: 'tool-not-pinned-version',
    facet: 'tools',
    level: 'minor',
    varies: true,
    holds:
      'the version of an installed tool is not the one in the tool lines of go.mod, .tool-versions, mise.toml or the configuration (patch for a local build without version)',
  },
  {
    rule: 'gofmt-mismatch',
    facet: 'tools',
    level: 'minor',
    varies: true,
    holds: 'gofmt on PATH has another Go version than go (patch for a patch release)',
  },
  {
    rule: 'ide-environment-differs',
    facet: 'context',
    level: 'minor',
    varies: true,
    holds:
      'an editor or gopls that runs for the workspace has another Go or other build variables (patch for variables that control where modules come from, for a patch release, and for variables that a graphical editor may still read from a login shell)',
  },
  {
    rule: 'cache-corrupt',
    facet: 'cache',
    level: 'major',
    holds:
      'the content of an output in GOCACHE does not match its name, or an entry is a symlink, a FIFO or anything else than a regular file',
  },
  {
    rule: 'cache-rebound',
    facet: 'cache',
    level: 'major',
    holds:
      'an action entry points to an output that was made by another action or partly by another release, or was changed in place to point to another output (actions are reproducible: builds never do that)',
  },
  {
    rule: 'cache-foreign-owner',
    facet: 'cache',
    level: 'minor',
    holds: 'GOCACHE holds entries that the building user cannot replace',
  },
  {
    rule: 'cache-unwritable',
    facet: 'cache',
    level: 'major',
    holds: 'GOCACHE is not writable, is on a full disk, or is not a directory that go can use',
  },
  {
    rule: 'cache-stale-index',
    facet: 'cache',
    level: 'patch',
    holds:
      'a source file changed but kept its name, size and modification time, so that go would read its imports from a stale index',
  },
] as const satisfies readonly RuleRow[];

export type ConflictRule = (typeof conflictRules)[number]['rule'];

/** Returns the row of a rule. */
export function ruleRow(rule: ConflictRule): RuleRow {
  return conflictRules.find((row) => row.rule === rule) as RuleRow;
}
