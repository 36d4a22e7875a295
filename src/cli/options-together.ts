/** Options that say nothing beside another one, or without it: what a command would pass over in silence is refused, by the rows of the catalogue. */
import { type CommandRow, optionsOf } from '../catalog/command-row.ts';
import { AppError } from '../catalog/errors.ts';

/** `--output` of `-o, --output <file>`. */
const longOf = (flag: string) => /--[\w.-]+/.exec(flag)?.[0] ?? flag;

/** Throws AppError for the first of the given options that the command would pass over. `given` has options as `--json`, arguments as `[dir]`. */
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
        `${name} says something only beside ${needs.join(' or ')}`,
        `add ${needs.length === 1 ? 'it' : 'one of them'}, or leave ${name} out`,
      );
  }
}
