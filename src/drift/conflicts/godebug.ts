/** Conflicts of GODEBUG (contract §3: godebug-removed). */
import { diesOfRemoved, fatalGodebugs, removedFor } from '../../go/godebug-removed.ts';
import { removedGodebugs } from '../../go/goroot-source.ts';
import type { Conflict, Rule, World } from './rule.ts';
import { effectiveValue, effectiveVersion, originOf, startedVersion, takeAway } from './rule.ts';

/**
 * Returns the removed settings that stop the go of this version, or each program that it builds; before 1.27
 * removed settings are ignored.
 */
function fatalFor(world: World, value: string, version: string): readonly { readonly name: string }[] {
  if (!diesOfRemoved(version)) return [];
  const own = version === effectiveVersion(world) ? world.toolchain?.knowledge.godebugs : undefined;
  return own === undefined ? fatalGodebugs(value, version) : removedGodebugs(value, own);
}

/** Text about settings, and their names. */
type Said = Pick<Conflict, 'summary' | 'level'> & { readonly named: readonly string[] };

/**
 * Describes what a GODEBUG value does to the go that is started, to the go that builds, and to what it
 * builds.
 */
function godebugWords(world: World, value: string): Said | undefined {
  const started = startedVersion(world);
  const effective = effectiveVersion(world);
  for (const version of new Set([started, effective])) {
    const fatal = fatalFor(world, value, version);
    if (fatal.length === 0) continue;
    const names = fatal.map(({ name }) => name).join(', ');
    const which =
      version === started
        ? `every go command, go version too,`
        : `every go command here, which switches to go${version},`;
    return {
      named: fatal.map(({ name }) => name),
      level: 'major',
      summary: `GODEBUG asks for ${names}, which go${version} has removed: ${which} and every program that it builds stop with "removed GODEBUG"`,
    };
  }
  const table = world.toolchain?.knowledge.godebugs;
  const own = table === undefined ? [] : removedGodebugs(value, table);
  const ignored = own.length === 0 ? removedFor(value, effective) : own;
  if (ignored.length === 0) return undefined;
  const names = ignored.map((one) => `${one.name} (removed in go1.${one.removed})`).join(', ');
  return {
    named: ignored.map(({ name }) => name),
    summary: `GODEBUG asks for ${names}: go${effective} and the programs that it builds silently ignore it, and from go1.27 on they stop at startup`,
  };
}

/**
 * Reports settings that were removed in this toolchain, or in the Go that built a tool (internal/godebugs).
 */
export const godebugRemoved: Rule = (world) => {
  const value = effectiveValue(world, 'GODEBUG');
  const conflict = ({ named, ...said }: Said): Conflict => ({
    key: 'env.GODEBUG',
    actual: value,
    ...originOf(world, 'GODEBUG'),
    ...said,
    ...takeAway(world, 'GODEBUG', (word) => named.some((name) => word.startsWith(`${name}=`))),
  });
  const said = godebugWords(world, value);
  if (said !== undefined) return [conflict(said)];
  const dying = (world.tools?.tools ?? []).flatMap((tool) => {
    const [first] = fatalGodebugs(value, tool.goVersion ?? '');
    return first === undefined ? [] : [{ tool, setting: first.name }];
  });
  const [first] = dying;
  if (first === undefined) return [];
  const names = dying.map(({ tool }) => `${tool.name} (go${tool.goVersion})`).join(', ');
  return [
    conflict({
      named: dying.map(({ setting }) => setting),
      summary: `GODEBUG asks for ${first.setting}, which the Go that built ${names} has removed: it stops at startup with "removed GODEBUG"`,
    }),
  ];
};
