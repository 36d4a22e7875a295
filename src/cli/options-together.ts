/**
 * Refuses options that a command would silently ignore beside another option or without one, as the catalogue
 * declares.
 */
import { type CommandRow, optionsOf } from '../catalog/command-row.ts';
import { AppError } from '../catalog/errors.ts';

/** Returns the long name of a flag: `-o, --output <file>` → `--output`. */
const longOf = (flag: string) => /--[\w.-]+/.exec(flag)?.[0] ?? flag;

/**
 * Throws AppError for the first given option that the command would ignore. `given` holds options as `--json`
 * and arguments as `[dir]`.
 */
export function refuseTogether(row: CommandRow, given: ReadonlySet<string>): void {
  for (const { flag, excludes = [], needs = [] } of optionsOf(row)) {
    const name = longOf(flag);
    if (!given.has(name)) continue;
    const other = excludes.find((one) => given.has(one));
    if (other !== undefined)
      throw new AppError(
        `cannot run godrift ${row.path}`,
        `${name} and ${other} exclude each other`,
        'give one of them',
      );
    if (needs.length > 0 && !needs.some((one) => given.has(one)))
      throw new AppError(
        `cannot run godrift ${row.path}`,
        `${name} has an effect only with ${needs.join(' or ')}`,
        `add ${needs.length === 1 ? 'it' : 'one of them'}, or leave ${name} out`,
      );
  }
}
