/** The stories that `godrift demo` can tell. What drifts and how it heals stands in the scripts demo/drift and demo/heal. */
import type { Facet } from '../catalog/facets.ts';

export interface Scenario {
  readonly title: string;
  /** Why anybody should care, in one or two sentences. */
  readonly moral: string;
  readonly facet: Facet;
  /** Commands of a user in the workspace, before and after: they show what go makes of it. */
  readonly user: readonly string[];
  /** Each must match a line that the drift adds to the page. */
  readonly signs: readonly RegExp[];
  /** A metric of the facet: while the page lacks it, this exporter cannot tell the story. */
  readonly needs?: string;
  /** The look of a user, where it is not `godrift check`: what was accepted is found by the exporter's name of the target. */
  readonly check?: string;
  /** Commands of a user while all is well. */
  readonly prepared?: readonly string[];
  /** Commands of a user that heal it, where that is not done by demo/heal; the trace of the drift is told behind them. */
  readonly healedBy?: readonly string[];
  /** Lines of the journal that the story makes; 2, a drift and its end, where one facet drifts. */
  readonly journalled?: number;
}

export const scenarios = {
  goflags: {
    title: 'a forgotten go env -w GOFLAGS=-mod=mod',
    moral:
      'It made one build pass, once. Now a mere go list writes its own version into a go.mod that demands none, and colleagues must follow.',
    facet: 'env',
    user: ['go list .', 'cat go.mod'],
    signs: [/^godrift_drift_level.*facet="env"/, /^godrift_conflict_info.*rule="goflags-rewrites-gomod"/],
    // What go writes into go.mod is a drift of the modules.
    journalled: 4,
  },
  toolchain: {
    title: 'another go first on PATH',
    moral:
      'An installer or a colleague put it there. The build still passes, and what it makes is another program.',
    facet: 'toolchain',
    user: ['go version'],
    // Where only one go is at hand, the project's pin moves instead.
    signs: [/^godrift_drift_level.*facet="toolchain"|^godrift_toolchain_deviation.*source="\.go-version"/],
  },
  env: {
    title: 'a variable that the project requires is gone',
    moral:
      'Without GOPRIVATE the names of private modules are sent to a public proxy, which answers 404 for a module that is there.',
    facet: 'env',
    user: ['go env GOPRIVATE'],
    signs: [/^godrift_env_required_missing.*name="GOPRIVATE"/, /^godrift_drift_level.*facet="env"/],
  },
  gowork: {
    title: 'a stray go.work in a folder above',
    moral:
      'Somebody tried two modules together, last week. The project has not changed, and it builds no more: or worse, with other code.',
    facet: 'modules',
    user: ['go list ./...'],
    signs: [/^godrift_conflict_info.*rule="gowork-stray"/],
    needs: 'godrift_modules',
  },
  cache: {
    title: '64 bytes of the build cache are others',
    moral:
      'go trusts its cache: it never reads a compiled package against its checksum again. The build passes and the program is wrong.',
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

/** Whether this is the name of a scenario. */
export function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(scenarios, name);
}
