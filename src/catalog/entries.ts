/**
 * Weights and levels of changed entries (design §3): one row for each key pattern, of which the first match
 * counts. `weight` is the contribution to the semantic distance, 0 to 1. For keys that hold a version, the
 * part of the version that differs decides.
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
  /** For an entry that was added or removed, if that differs in weight from a changed value. */
  readonly presence?: Weight;
  /** For an entry that was added, if that weighs less than a removed one. */
  readonly added?: Weight;
  /** For versioned kinds, by the part that differs; `same` means other content at the same version. */
  readonly parts?: Readonly<Partial<Record<'major' | 'minor' | 'patch' | 'rc' | 'same', Weight>>>;
  /** Keys whose change explains a change of this entry, which then adds no weight. */
  readonly follows?: readonly string[];
  readonly why: string;
}

const major = (weight: number): Weight => ({ weight, level: 'major' });
const minor = (weight: number): Weight => ({ weight, level: 'minor' });
const patch = (weight: number): Weight => ({ weight, level: 'patch' });
const nothing: Weight = { weight: 0, level: 'none' };

/**
 * Keys that decide whether cgo is on and a compiler is needed: CGO_ENABLED, and for other platforms than the
 * host cgo is off unless CGO_ENABLED turns it on (cmd/go/internal/cfg/cfg.go).
 */
const decideOnCgo = ['env.CGO_ENABLED', 'env.GOOS', 'env.GOARCH'];
const compiler: Pick<EntryRule, 'kind' | 'plain' | 'added' | 'parts' | 'why'> = {
  kind: 'tool',
  plain: minor(0.2),
  added: patch(0.1),
  parts: { major: minor(0.2), minor: minor(0.2), patch: patch(0.1), same: minor(0.2) },
  why: 'its output is linked into the program; the environment decides whether and which compiler is used',
};

export const entryRules: readonly EntryRule[] = [
  {
    pattern: /^toolchain\.version$/,
    kind: 'go-version',
    plain: major(1),
    parts: { major: major(1), minor: minor(0.5), patch: patch(0.1), rc: patch(0.2) },
    why: 'another Go compiles another program; patch releases only fix bugs',
  },
  {
    pattern: /^toolchain\.digest$/,
    kind: 'plain',
    plain: major(0.8),
    presence: patch(0.05),
    // A changed GOROOT names another, intact tree: only the change of GOROOT is reported.
    follows: ['toolchain.version', 'env.GOROOT'],
    why: 'other bytes at the same version: rebuilt or edited; a digest known on one side only proves nothing',
  },
  {
    pattern: /^toolchain\.goroot$/,
    kind: 'plain',
    plain: patch(0.1),
    follows: ['toolchain.version'],
    why: 'the same version in another directory builds the same, except for embedded paths',
  },
  {
    pattern: /^toolchain\.origin$/,
    kind: 'plain',
    plain: patch(0.1),
    follows: ['toolchain.version'],
    why: 'the same version, found in another way',
  },
  {
    pattern: /^modules\.vendor$/,
    kind: 'plain',
    plain: major(0.8),
    // A dependency whose version changed in go.mod is vendored again.
    follows: ['modules.go_mod'],
    why: 'an edited vendor tree builds unverified code',
  },
  {
    pattern: /^modules\.main_module$/,
    kind: 'plain',
    plain: major(0.6),
    added: nothing,
    follows: ['env.GO111MODULE'],
    why: 'another module is built; an added entry means nothing, since older snapshots did not have it',
  },
  {
    pattern: /^modules\.go_(mod|work)$/,
    kind: 'plain',
    plain: patch(0.05),
    // A changed GOWORK selects another go.work, and with it other go.mod files.
    follows: ['env.GOWORK'],
    why: 'the file changed; the versions that it selects are weighed by module',
  },
  {
    pattern: /^modules\./,
    kind: 'module',
    plain: minor(0.2),
    parts: { major: major(0.6), minor: minor(0.2), patch: patch(0.05), same: major(0.8) },
    why: 'semantic versioning; another replacement or sum at the same version means other code',
  },
  {
    pattern: /^tools\.gofmt$/,
    kind: 'tool',
    plain: minor(0.2),
    added: patch(0.1),
    parts: { major: minor(0.2), minor: minor(0.2), patch: patch(0.1), same: minor(0.2) },
    follows: ['toolchain.version'],
    why: 'gofmt comes with the toolchain; if it does not, gofmt-mismatch reports it',
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
    why: 'tools check and generate code, but builds do not run them; an additional tool does no harm',
  },
  {
    pattern: /^cache\.(corrupt|rebound)/,
    kind: 'plain',
    plain: major(1),
    why: 'a build would succeed with a wrong result',
  },
  {
    pattern: /^cache\.(foreign|unwritable)/,
    kind: 'plain',
    plain: minor(0.2),
    why: 'builds slow down or fail, but none gives a wrong result',
  },
  {
    pattern: /^cache\./,
    kind: 'plain',
    plain: patch(0.05),
    why: 'the content of caches changes all the time',
  },
  {
    pattern: /^context\./,
    kind: 'plain',
    plain: patch(0.05),
    why: 'the host changes independently of Go builds',
  },
];

/** The weight of an entry that no row matches, such as an unknown variable. */
const unknownVariable = minor(0.2);

/** Returns the rule of a key; the rules of `env.*` come from the variable catalogue. */
export function entryRule(key: string): EntryRule {
  if (key.startsWith('env.')) {
    const row = variable(key.slice(4));
    return {
      pattern: /^env\./,
      kind: 'plain',
      plain: row === undefined ? unknownVariable : { weight: row.weight, level: row.level },
      // Another toolchain has another default GOROOT.
      ...(key === 'env.GOROOT' ? { follows: ['toolchain.version'] } : {}),
      why: 'the variable catalogue',
    };
  }
  return (
    entryRules.find((rule) => rule.pattern.test(key)) ?? {
      pattern: /^/,
      kind: 'plain',
      plain: unknownVariable,
      why: 'no rule matches the key',
    }
  );
}
