/** The conflict rules (contract §3): id, level, and what holds. `varies` marks rules whose level depends on the case. */
import { envRules } from './env-rules.ts';
import type { RuleRow } from './rule-row.ts';
import { toolchainRules } from './toolchain-rules.ts';

export const conflictRules = [
  ...toolchainRules,
  ...envRules,
  {
    rule: 'goflags-vendor',
    facet: 'modules',
    level: 'major',
    holds:
      '-mod=vendor (or a vendor directory) with a vendor/modules.txt that is absent or does not agree with go.mod',
  },
  {
    rule: 'gowork-stray',
    facet: 'modules',
    level: 'minor',
    varies: true,
    holds:
      'a go.work takes effect (found above, or by GOWORK) that does not list the workspace, lies outside its repository or belongs to another user',
  },
  {
    rule: 'gomod-invalid',
    facet: 'modules',
    level: 'major',
    holds: 'go.mod or go.work cannot be parsed by this toolchain, or go refuses what they say',
  },
  {
    rule: 'godebug-line',
    facet: 'modules',
    level: 'major',
    holds:
      'a //go:debug line in the workspace, below cmd or in a directory called main holds a setting that this toolchain removed or does not know',
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
      'a module that the build needs is neither in the module cache nor to be downloaded, its zip there is no whole one, or the module cache may not be written; or no module that go.mod or go.work names provides an imported package',
  },
  {
    rule: 'file-outside',
    facet: 'modules',
    level: 'patch',
    holds:
      'go.mod, go.work, go.sum, vendor or a version file of the workspace is a link out of it and of its repository: godrift does not follow it',
  },
  {
    rule: 'requirement-overridden',
    facet: 'modules',
    level: 'patch',
    varies: true,
    holds:
      'go.mod of the main module declares a version that the build does not take (untidy, go.work, replace), or lost a module that it needs: major where builds fail, else the level of the difference, patch for a replacement by a folder or by another module',
  },
  {
    rule: 'modcache-edited',
    facet: 'modules',
    level: 'major',
    holds: 'an extracted module differs from its recorded hash',
  },
  {
    rule: 'tool-behind',
    facet: 'tools',
    level: 'minor',
    varies: true,
    holds:
      'a tool was built with an older Go language version than the project needs (patch for a tool that does not load Go source, and where only the toolchain is newer), or refuses that Go whatever built it (Delve)',
  },
  {
    rule: 'tool-not-pinned-version',
    facet: 'tools',
    level: 'minor',
    varies: true,
    holds:
      'an installed tool differs from the version that the tool lines of go.mod, .tool-versions, mise.toml or the configuration name (patch for a local build without version)',
  },
  {
    rule: 'gofmt-mismatch',
    facet: 'tools',
    level: 'minor',
    varies: true,
    holds: 'gofmt on PATH belongs to another Go version than go (patch for a patch release)',
  },
  {
    rule: 'ide-environment-differs',
    facet: 'context',
    level: 'minor',
    varies: true,
    holds:
      'an editor or gopls that runs for the workspace has another Go or other build variables (patch for where modules come from, for a patch release, and for what a graphical editor may still read from a login shell)',
  },
  {
    rule: 'cache-corrupt',
    facet: 'cache',
    level: 'major',
    holds:
      'an output in GOCACHE does not have the content that its name promises, or an entry is a link, a FIFO or another thing than a file',
  },
  {
    rule: 'cache-rebound',
    facet: 'cache',
    level: 'major',
    holds:
      'an action entry leads to an output that another action or, in parts, another release made, or was changed in place to another one (actions are reproducible: builds do not do that)',
  },
  {
    rule: 'cache-foreign-owner',
    facet: 'cache',
    level: 'minor',
    holds: 'GOCACHE holds entries that the user who builds cannot replace',
  },
  {
    rule: 'cache-unwritable',
    facet: 'cache',
    level: 'major',
    holds: 'GOCACHE cannot be written, is on a full disk, or is no directory that go can use',
  },
  {
    rule: 'cache-stale-index',
    facet: 'cache',
    level: 'patch',
    holds:
      'a source file changed and kept name, size and modification time, and go would read its imports from the index that it made before',
  },
] as const satisfies readonly RuleRow[];

export type ConflictRule = (typeof conflictRules)[number]['rule'];

/** The row of a rule. */
export function ruleRow(rule: ConflictRule): RuleRow {
  return conflictRules.find((row) => row.rule === rule) as RuleRow;
}
