/** Conflict rules of the facet toolchain: which Go is used, and whether it is intact. */
import type { RuleRow } from './rule-row.ts';

/** Rows in the order of docs/conflicts.md. */
export const toolchainRules = [
  {
    rule: 'go-missing',
    facet: 'toolchain',
    level: 'major',
    varies: true,
    holds: 'PATH of the target has no go, or the program found is not Go, or is for another platform',
  },
  {
    rule: 'toolchain-too-old',
    facet: 'toolchain',
    level: 'major',
    holds:
      'go.mod, go.work or an imported dependency requires a newer Go than the one in use, and go does not switch',
  },
  {
    rule: 'toolchain-held-back',
    facet: 'toolchain',
    level: 'patch',
    holds:
      'GOTOOLCHAIN selects an older Go than the first one on PATH, although the project does not require it',
  },
  {
    rule: 'toolchain-not-installed',
    facet: 'toolchain',
    level: 'major',
    holds: 'the toolchain that a build needs is not installed and cannot be downloaded',
  },
  {
    rule: 'toolchain-download-pending',
    facet: 'toolchain',
    level: 'patch',
    holds: 'the toolchain that a build needs is not installed: the next go command here would download it',
  },
  {
    rule: 'sumdb-blocks-switch',
    facet: 'toolchain',
    level: 'major',
    holds: 'checksum database settings make a needed toolchain switch fail',
  },
  {
    rule: 'toolchain-partial',
    facet: 'toolchain',
    level: 'major',
    holds: 'a toolchain directory is incomplete, or was unpacked over another version',
  },
  {
    rule: 'goroot-mismatch',
    facet: 'toolchain',
    level: 'major',
    holds: 'GOROOT is not the tree of the go in use',
  },
  {
    rule: 'goroot-mixed',
    facet: 'toolchain',
    level: 'major',
    holds: 'go and its compiler, linker or other tools in one GOROOT have different versions',
  },
  {
    rule: 'goroot-not-sdk',
    facet: 'toolchain',
    level: 'major',
    holds: 'GOROOT exists but is not a Go tree (no pkg/tool or no src)',
  },
  {
    rule: 'goroot-label',
    facet: 'toolchain',
    level: 'patch',
    holds: '$GOROOT/VERSION has another version than the go binary',
  },
  {
    rule: 'go-shadowed',
    facet: 'toolchain',
    level: 'patch',
    holds: 'PATH has several different go, and the first is not the expected one',
  },
  {
    rule: 'path-relative',
    facet: 'toolchain',
    level: 'minor',
    varies: true,
    holds:
      'PATH has a relative or empty entry: minor where it selects a go inside the workspace, patch where it only could, or selects a go elsewhere',
  },
  {
    rule: 'go-not-run',
    facet: 'toolchain',
    level: 'patch',
    holds:
      'the go in use is part of the code that it builds, or other users can replace it: godrift reads the files but does not run this go to confirm the result',
  },
  {
    rule: 'toolchain-edited',
    facet: 'toolchain',
    level: 'major',
    holds: 'the files of a toolchain in the module cache differ from those of its zip',
  },
] as const satisfies readonly RuleRow[];
