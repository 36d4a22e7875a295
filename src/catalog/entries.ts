/**
 * How much a change of an entry means (design §3): one row a key pattern, first match counts. `weight` is its part of the semantic
 * distance, 0…1; `level` what it amounts to. Version-valued keys weigh by the part of the version that differs.
 */
import type { Level } from './facets.ts';
import { variable } from './variables.ts';

export interface Weight {
  readonly weight: number;
  readonly level: Level;
}

/** How the values of a key are compared. */
export type EntryKind = 'go-version' | 'module' | 'tool' | 'plain';

export interface EntryRule {
  readonly pattern: RegExp;
  readonly kind: EntryKind;
  /** For `plain`, and for a versioned entry that was added or removed. */
  readonly plain: Weight;
  /** For an entry that was added or removed, where that means something else than another value. */
  readonly presence?: Weight;
  /** For an entry that was added, where that means less than one that is gone. */
  readonly added?: Weight;
  /** For versioned kinds, by the part that differs; `same` is another content at the same version. */
  readonly parts?: Readonly<Partial<Record<'major' | 'minor' | 'patch' | 'rc' | 'same', Weight>>>;
  /** A change of this entry follows from a change of one of those and adds nothing to it. */
  readonly follows?: readonly string[];
  readonly why: string;
}

const major = (weight: number): Weight => ({ weight, level: 'major' });
const minor = (weight: number): Weight => ({ weight, level: 'minor' });
const patch = (weight: number): Weight => ({ weight, level: 'patch' });
const nothing: Weight = { weight: 0, level: 'none' };

/** Cgo is off by CGO_ENABLED, and for another platform unless that says otherwise (cmd/go/internal/cfg/cfg.go): no compiler is asked for. */
const decideOnCgo = ['env.CGO_ENABLED', 'env.GOOS', 'env.GOARCH'];
const compiler: Pick<EntryRule, 'kind' | 'plain' | 'added' | 'parts' | 'why'> = {
  kind: 'tool',
  plain: minor(0.2),
  added: patch(0.1),
  parts: { major: minor(0.2), minor: minor(0.2), patch: patch(0.1), same: minor(0.2) },
  why: 'what it compiles ends in the program; which one is asked for, and whether, follows from the environment',
};

export const entryRules: readonly EntryRule[] = [
  {
    pattern: /^toolchain\.version$/,
    kind: 'go-version',
    plain: major(1),
    parts: { major: major(1), minor: minor(0.5), patch: patch(0.1), rc: patch(0.2) },
    why: 'another Go compiles another program; patch releases fix',
  },
  {
    pattern: /^toolchain\.digest$/,
    kind: 'plain',
    plain: major(0.8),
    presence: patch(0.05),
    // A GOROOT that was set names another tree: that is what is told, and that tree is whole.
    follows: ['toolchain.version', 'env.GOROOT'],
    why: 'other bytes at the same version: rebuilt or edited; a digest that is known on one side only proves nothing',
  },
  {
    pattern: /^toolchain\.goroot$/,
    kind: 'plain',
    plain: patch(0.1),
    follows: ['toolchain.version'],
    why: 'another place of the same version builds the same but for embedded paths',
  },
  {
    pattern: /^toolchain\.origin$/,
    kind: 'plain',
    plain: patch(0.1),
    follows: ['toolchain.version'],
    why: 'the same version, found another way',
  },
  {
    pattern: /^modules\.vendor$/,
    kind: 'plain',
    plain: major(0.8),
    // A dependency that go.mod takes in another version is vendored anew.
    follows: ['modules.go_mod'],
    why: 'an edited vendor tree builds unverified code',
  },
  {
    pattern: /^modules\.main_module$/,
    kind: 'plain',
    plain: major(0.6),
    added: nothing,
    follows: ['env.GO111MODULE'],
    why: 'another module is built; one that is known now only says nothing: earlier snapshots had no such entry',
  },
  {
    pattern: /^modules\.go_(mod|work)$/,
    kind: 'plain',
    plain: patch(0.05),
    // Another GOWORK puts another file into force, and with it the go.mod files that it uses.
    follows: ['env.GOWORK'],
    why: 'what the file says changed; what it selects is weighed by module',
  },
  {
    pattern: /^modules\./,
    kind: 'module',
    plain: minor(0.2),
    parts: { major: major(0.6), minor: minor(0.2), patch: patch(0.05), same: major(0.8) },
    why: 'semantic versioning; a replacement or another sum at the same version is other code',
  },
  {
    pattern: /^tools\.gofmt$/,
    kind: 'tool',
    plain: minor(0.2),
    added: patch(0.1),
    parts: { major: minor(0.2), minor: minor(0.2), patch: patch(0.1), same: minor(0.2) },
    follows: ['toolchain.version'],
    why: 'gofmt comes with the toolchain; where it does not, gofmt-mismatch says so',
  },
  {
    pattern: /^tools\.cc$/,
    ...compiler,
    follows: [...decideOnCgo, 'env.CC'],
  },
  {
    pattern: /^tools\.cxx$/,
    ...compiler,
    follows: [...decideOnCgo, 'env.CXX'],
  },
  {
    pattern: /^tools\./,
    kind: 'tool',
    plain: minor(0.2),
    added: patch(0.1),
    parts: { major: minor(0.2), minor: minor(0.2), patch: patch(0.1), same: minor(0.2) },
    why: 'tools judge and generate code, the build itself does not run them; one more of them takes nothing away',
  },
  {
    pattern: /^cache\.(corrupt|rebound)/,
    kind: 'plain',
    plain: major(1),
    why: 'a build would succeed wrongly',
  },
  {
    pattern: /^cache\.(foreign|unwritable)/,
    kind: 'plain',
    plain: minor(0.2),
    why: 'builds slow down or fail, none goes wrong',
  },
  { pattern: /^cache\./, kind: 'plain', plain: patch(0.05), why: 'caches come and go' },
  {
    pattern: /^context\./,
    kind: 'plain',
    plain: patch(0.05),
    why: 'the host changes for reasons of its own',
  },
];

/** A variable that no row names: as heavy as an unknown tag of a build can be without deciding it. */
const unknownVariable = minor(0.2);

/** The rule of a key; `env.*` rows come from the variable catalogue. */
export function entryRule(key: string): EntryRule {
  if (key.startsWith('env.')) {
    const row = variable(key.slice(4));
    return {
      pattern: /^env\./,
      kind: 'plain',
      plain: row === undefined ? unknownVariable : { weight: row.weight, level: row.level },
      // The default GOROOT and the shipped settings of another toolchain come with it.
      ...(key === 'env.GOROOT' ? { follows: ['toolchain.version'] } : {}),
      why: 'the variable catalogue',
    };
  }
  return (
    entryRules.find((rule) => rule.pattern.test(key)) ?? {
      pattern: /^/,
      kind: 'plain',
      plain: unknownVariable,
      why: 'no rule names it',
    }
  );
}
