/** The scenarios of `godrift demo`. The scripts demo/drift and demo/heal make each drift and repair it. */
import type { Facet } from '../catalog/facets.ts';

/** One scenario. */
export interface Scenario {
  readonly title: string;
  /** Why the drift matters, in one or two sentences. */
  readonly moral: string;
  readonly facet: Facet;
  /** Commands of a user in the workspace, run before and after: they show what go does. */
  readonly user: readonly string[];
  /** Patterns, each of which must match a line that the drift adds to the page. */
  readonly signs: readonly RegExp[];
  /** A metric of the facet. The scenario is skipped if the page lacks it. */
  readonly needs?: string;
  /**
   * The check command, if not `godrift check`: an accepted baseline is found by the exporter's name of the
   * target.
   */
  readonly check?: string;
  /** Commands that a user runs before the drift. */
  readonly prepared?: readonly string[];
  /** Commands that repair the drift in place of demo/heal; the trace of the drift is printed after them. */
  readonly healedBy?: readonly string[];
  /** Journal lines that the scenario makes; by default 2, the drift of one facet and its end. */
  readonly journalled?: number;
}

/** All scenarios by name; the first is the default. */
export const scenarios = {
  goflags: {
    title: 'a forgotten go env -w GOFLAGS=-mod=mod',
    moral:
      'It made one build pass, once. Now a mere go list writes its own version into a go.mod that demands none, and colleagues must follow.',
    facet: 'env',
    user: ['go list .', 'cat go.mod'],
    signs: [/^godrift_drift_level.*facet="env"/, /^godrift_conflict_info.*rule="goflags-rewrites-gomod"/],
    // What go writes into go.mod is a second drift, of the facet `modules`.
    journalled: 4,
  },
  toolchain: {
    title: 'another go first on PATH',
    moral:
      'An installer or a colleague put it there. The build still passes, but produces a different program.',
    facet: 'toolchain',
    user: ['go version'],
    // If only one go is installed, the project's pin is changed instead.
    signs: [/^godrift_drift_level.*facet="toolchain"|^godrift_toolchain_deviation.*source="\.go-version"/],
  },
  env: {
    title: 'a variable that the project requires is gone',
    moral:
      'Without GOPRIVATE the names of private modules are sent to a public proxy, which answers 404 for a module that exists.',
    facet: 'env',
    user: ['go env GOPRIVATE'],
    signs: [/^godrift_env_required_missing.*name="GOPRIVATE"/, /^godrift_drift_level.*facet="env"/],
  },
  gowork: {
    title: 'a stray go.work in a folder above',
    moral:
      'Someone used it last week to try two modules together. The project has not changed, but it no longer builds, or worse, builds with other code.',
    facet: 'modules',
    user: ['go list ./...'],
    signs: [/^godrift_conflict_info.*rule="gowork-stray"/],
    needs: 'godrift_modules',
  },
  cache: {
    title: '64 bytes of the build cache have changed',
    moral:
      'go trusts its cache: it never checks a compiled package against its checksum again. The build passes and the program is wrong.',
    facet: 'cache',
    user: ['go build -o ../program . && ../program'],
    signs: [/^godrift_cache_corrupt_outputs/, /^godrift_conflict_info.*rule="cache-corrupt"/],
    needs: 'godrift_cache_corrupt_outputs',
  },
  rollback: {
    title: 'what drifted is put back as it was accepted',
    moral:
      'A build for another platform was tried, once. Taking it back by hand is easy to get half right: godrift plans it, does it, looks again, and keeps a record.',
    facet: 'env',
    prepared: ["godrift baseline accept --reason 'all is well'"],
    user: ['go env GOARCH GOFLAGS'],
    signs: [/^godrift_drift_level.*facet="env"/],
    check: 'godrift check --target app',
    healedBy: ['godrift rollback --dry-run', 'godrift rollback --yes'],
    journalled: 2,
  },
} as const satisfies Readonly<Record<string, Scenario>>;
export type ScenarioName = keyof typeof scenarios;

export const scenarioNames = Object.keys(scenarios) as readonly ScenarioName[];

/** Reports whether `name` is the name of a scenario. */
export function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(scenarios, name);
}
