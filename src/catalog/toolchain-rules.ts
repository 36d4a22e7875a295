/** Conflicts of the facet toolchain: which Go answers, and whether it is whole. */
import type { RuleRow } from './rule-row.ts';

/** In the order of docs/conflicts.md. */
export const toolchainRules = [
  {
    rule: 'go-missing',
    facet: 'toolchain',
    level: 'major',
    varies: true,
    holds: 'no go answers on the PATH of the target, or what answers is no go, or one for another machine',
  },
  {
    rule: 'toolchain-too-old',
    facet: 'toolchain',
    level: 'major',
    holds:
      'go.mod, go.work or a dependency that is imported needs a newer Go than the one that answers, and go does not switch',
  },
  {
    rule: 'toolchain-held-back',
    facet: 'toolchain',
    level: 'patch',
    holds:
      'GOTOOLCHAIN names an older Go than the one that is first on PATH, and the project does not ask for it',
  },
  {
    rule: 'toolchain-not-installed',
    facet: 'toolchain',
    level: 'major',
    holds: 'the toolchain that a build needs is absent and cannot be downloaded',
  },
  {
    rule: 'toolchain-download-pending',
    facet: 'toolchain',
    level: 'patch',
    holds: 'the toolchain that a build needs is absent, and the next go command here would download it',
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
    holds: 'a toolchain directory is incomplete or was unpacked over another',
  },
  {
    rule: 'goroot-mismatch',
    facet: 'toolchain',
    level: 'major',
    holds: 'GOROOT is not the tree of the go that answers',
  },
  {
    rule: 'goroot-mixed',
    facet: 'toolchain',
    level: 'major',
    holds: 'go and its compiler, linker and other tools in one GOROOT are of different versions',
  },
  {
    rule: 'goroot-not-sdk',
    facet: 'toolchain',
    level: 'major',
    holds: 'GOROOT exists but is no Go tree (no pkg/tool or no src)',
  },
  {
    rule: 'goroot-label',
    facet: 'toolchain',
    level: 'patch',
    holds: '$GOROOT/VERSION says another version than the binary',
  },
  {
    rule: 'go-shadowed',
    facet: 'toolchain',
    level: 'patch',
    holds: 'PATH holds several different go, and another than the expected one wins',
  },
  {
    rule: 'path-relative',
    facet: 'toolchain',
    level: 'minor',
    varies: true,
    holds:
      'PATH has a relative or empty entry: minor where it brings the go of the workspace into force, patch where it only could, or brings one from elsewhere',
  },
  {
    rule: 'go-not-run',
    facet: 'toolchain',
    level: 'patch',
    holds:
      'the go that builds lies in the code that it builds, or others can exchange it: godrift reads it and does not run it, so what it would have confirmed rests on files alone',
  },
  {
    rule: 'toolchain-edited',
    facet: 'toolchain',
    level: 'major',
    holds: 'the files of a toolchain in the module cache are not those of the zip that it came in',
  },
] as const satisfies readonly RuleRow[];
