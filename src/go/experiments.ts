/**
 * Reads the experiments of a toolchain from the sources in its GOROOT: their names, which are on by default,
 * and the effect of GOEXPERIMENT (internal/buildcfg: ParseGOEXPERIMENT). Never throws; an unexpected text
 * gives an empty result.
 */

/** Platforms on which an experiment is on by default: some architectures, or all systems except a few. */
export interface PlatformRule {
  readonly architectures?: readonly string[];
  readonly exceptSystems?: readonly string[];
}

/** The experiments of a toolchain. */
export interface Experiments {
  /** Lower-case names in Go's order; each also exists as `no<name>`. */
  readonly names: readonly string[];
  /** Names that are on without GOEXPERIMENT, on every platform. */
  readonly baseline: readonly string[];
  /**
   * Names that are on by default on some platforms only, with the rule; an empty rule could not be parsed.
   */
  readonly platformBaseline: Readonly<Record<string, PlatformRule>>;
  /** Architectures on which the register ABI is always on, regardless of GOEXPERIMENT. */
  readonly regabiAlways: readonly string[];
}

const words = (code: string) => [...code.matchAll(/"(\w+)"/g)].map(([, word = '']) => word);

/** Returns the platforms for which a local variable of ParseGOEXPERIMENT is true. */
function ruleOf(variable: string, text: string): PlatformRule {
  const unequal = new RegExp(`^\\t${variable} := \\(?((?:goos != "\\w+"(?: && )?)+)\\)?$`, 'm').exec(
    text,
  )?.[1];
  if (unequal !== undefined) return { exceptSystems: words(unequal) };
  const architectures = [...text.matchAll(/^\tcase ((?:"\w+"(?:, )?)+):\n((?:\t\t.*\n)+)/gm)]
    .filter(([, , body = '']) => new RegExp(`^\\t\\t${variable} = true$`, 'm').test(body))
    .flatMap(([, cases = '']) => words(cases));
  return architectures.length === 0 ? {} : { architectures };
}

/**
 * Parses the texts of `internal/goexperiment/flags.go` (names) and `internal/buildcfg/exp.go` (defaults; ''
 * if the file is missing).
 */
export function parseExperiments(flagsText: string, baselineText: string): Experiments {
  const struct = /type Flags struct \{([\s\S]*?)\n\}/.exec(flagsText)?.[1] ?? '';
  const names = [...struct.matchAll(/^\t([A-Z]\w*)\s+bool\b/gm)].map((match) =>
    (match[1] ?? '').toLowerCase(),
  );
  const literal = /baseline := goexperiment\.Flags\{([\s\S]*?)\n\t\}/.exec(baselineText)?.[1] ?? '';
  const baseline: string[] = [];
  const platformBaseline: Record<string, PlatformRule> = {};
  for (const [, field = '', value = ''] of literal.matchAll(/^\t\t([A-Z]\w*):\s*(\w+),/gm)) {
    if (value === 'true') baseline.push(field.toLowerCase());
    else if (value !== 'false') platformBaseline[field.toLowerCase()] = ruleOf(value, baselineText);
  }
  const regabiAlways = ruleOf('regabiAlwaysOn', baselineText).architectures ?? [];
  return { names, baseline, platformBaseline, regabiAlways };
}

const applies = ({ architectures, exceptSystems }: PlatformRule, os: string, arch: string) =>
  architectures?.includes(arch) ?? (exceptSystems !== undefined && !exceptSystems.includes(os));

const regabi = ['regabiwrappers', 'regabiargs'] as const;

/**
 * Returns the names of the experiments that are on for a platform and a value of GOEXPERIMENT. Unknown names
 * are ignored (go refuses them).
 */
export function experimentsOn(
  value: string,
  { names, baseline, platformBaseline, regabiAlways }: Experiments,
  { os, arch }: { readonly os: string; readonly arch: string },
): ReadonlySet<string> {
  const byPlatform = Object.entries(platformBaseline).filter(([, rule]) => applies(rule, os, arch));
  const on = new Set([...baseline, ...byPlatform.map(([name]) => name)]);
  const supported = platformBaseline.regabiwrappers;
  for (const word of value.split(',')) {
    if (word === 'none') on.clear();
    const wanted = !word.startsWith('no');
    const name = wanted ? word : word.slice(2);
    for (const one of name === 'regabi' ? regabi : names.includes(name) ? [name] : [])
      on[wanted ? 'add' : 'delete'](one);
  }
  for (const one of regabi) {
    if (regabiAlways.includes(arch)) on.add(one);
    else if (supported !== undefined && !applies(supported, os, arch)) on.delete(one);
  }
  return on;
}

/**
 * Returns the names in a GOEXPERIMENT value that this toolchain does not know. Any of them makes every
 * command fail (ParseGOEXPERIMENT).
 */
export function unknownExperiments(value: string, experiments: Experiments): readonly string[] {
  const known = new Set([...experiments.names, 'regabi']);
  return value.split(',').filter((word) => {
    if (word === '' || word === 'none') return false;
    return !known.has(word.startsWith('no') ? word.slice(2) : word);
  });
}
