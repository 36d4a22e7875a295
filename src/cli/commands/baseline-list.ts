/**
 * `godrift baseline list`: the baselines accepted on this host whose files are kept, so that a rollback can
 * restore them.
 */
import { visible, visibleJson } from '../../catalog/visible.ts';
import { usableRecords } from '../../store/approved/named.ts';
import { readTargetBaselines } from '../../store/peek.ts';
import type { Terminal } from '../terminal.ts';
import { type WhichOptions, whichTarget } from '../which-target.ts';

/** Digits of a record's digest that are shown: enough to tell the kept records apart. */
export const shownDigits = 12;

/** Prints the records, newest first. Returns 0, or 1 if there is none. */
export async function runBaselineList(
  terminal: Terminal,
  directory: string | undefined,
  options: WhichOptions & { readonly json: boolean },
): Promise<number> {
  const { target, stateDirectory } = await whichTarget(terminal, directory, options);
  const inForce = readTargetBaselines(stateDirectory, target).accepted?.record;
  const { records: usable, left } = await usableRecords(stateDirectory, target);
  for (const why of left) terminal.stderr.write(`godrift: a record is not listed: ${visible(why)}\n`);
  const records = usable.map(({ digest, record }) => ({
    id: digest.slice(0, shownDigits),
    time: new Date(record.time).toISOString(),
    fingerprint: record.fingerprint,
    who: record.who ?? '',
    why: record.why ?? '',
    files: record.entries.filter(({ state }) => state.kind === 'file').length,
    in_force: digest === inForce,
    approved: record.replaced !== true,
  }));
  if (options.json) terminal.stdout.write(`${visibleJson(records)}\n`);
  else if (records.length === 0 && left.length === 0)
    terminal.stdout.write('no baseline was accepted on this host: run godrift baseline accept --reason …\n');
  else
    terminal.stdout.write(
      records
        .map(
          ({ id, time, who, why, in_force, approved }) =>
            `${id}  ${time}  ${in_force ? 'in force' : approved ? 'approved' : 'replaced'}  ${visible(who)}: ${visible(why)}\n`,
        )
        .join(''),
    );
  return records.length === 0 ? 1 : 0;
}
