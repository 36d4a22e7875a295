/**
 * Compares two copies of a go.sum or go.work.sum (removed lines and changed sums), and restores chosen sums
 * of the older copy in the newer one.
 */
import { fieldsOf } from './space.ts';

/**
 * A difference: one changed sum, or all removed sums of a module. Added lines are no difference: an
 * additional sum does no harm.
 */
export interface SumChange {
  readonly module: string;
  /**
   * Keys of the form `module version` or `module version/go.mod`: the one of the changed sum, or those of all
   * removed sums.
   */
  readonly keys: readonly [string, ...string[]];
  readonly was: string;
  /** Undefined if the sums were removed. */
  readonly now?: string;
  /** Line of a changed sum in the newer copy, from 1. */
  readonly line?: number;
}

interface Sums {
  readonly module: string;
  /** All sums of one key; go accepts any of them. */
  readonly sums: string[];
  readonly line: number;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Returns the sums by `module version`; malformed lines are left out. */
function sumsOf(file: Uint8Array): ReadonlyMap<string, Sums> {
  const found = new Map<string, Sums>();
  for (const [index, text] of decoder.decode(file).split('\n').entries()) {
    const [module, version, sum] = fieldsOf(text);
    if (module === undefined || version === undefined || sum === undefined) continue;
    const key = `${module} ${version}`;
    const same = found.get(key);
    if (same === undefined) found.set(key, { module, sums: [sum], line: index + 1 });
    else same.sums.push(sum);
  }
  return found;
}

const textOf = ({ sums }: Sums) => sums.join(' or ');

/**
 * Returns the differences: changed sums, then removed ones by module, each in the order of the older copy.
 */
export function sumChanges(was: Uint8Array, now: Uint8Array): readonly SumChange[] {
  const fresh = sumsOf(now);
  const gone = new Map<string, [string, ...string[]]>();
  const found: SumChange[] = [];
  for (const [key, old] of sumsOf(was)) {
    const { module } = old;
    const after = fresh.get(key);
    if (after === undefined) {
      const keys = gone.get(module);
      if (keys === undefined) gone.set(module, [key]);
      else keys.push(key);
    } else if (textOf(after) !== textOf(old))
      found.push({ module, keys: [key], was: textOf(old), now: textOf(after), line: after.line });
  }
  const versions = (keys: readonly string[], module: string) =>
    keys.map((key) => key.slice(module.length + 1)).join(', ');
  return [...found, ...[...gone].map(([module, keys]) => ({ module, keys, was: versions(keys, module) }))];
}

/** Returns the newer copy with the sums of these keys restored from the older one. */
export function restoreSums(was: Uint8Array, now: Uint8Array, keys: ReadonlySet<string>): Uint8Array {
  const old = sumsOf(was);
  const back = [...keys].flatMap((key) => {
    const sums = old.get(key);
    return sums === undefined ? [] : [[key, sums] as const];
  });
  const lines = [...new Map([...sumsOf(now), ...back])].flatMap(([key, { sums }]) =>
    sums.map((sum) => `${key} ${sum}\n`),
  );
  return new TextEncoder().encode(lines.join(''));
}
