/** `godrift events --verify`: verifies the hash chain of the journal against witnesses of its head. */
import { counted } from '../../catalog/counted.ts';
import { AppError } from '../../catalog/errors.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import { type JournalCheck, journalDirectory, verifyJournal } from '../../store/journal.ts';
import { readWitnesses, type Witness } from '../../store/witness.ts';
import { findWitnesses, parseWitness } from '../../store/witness-text.ts';
import { readInput } from '../given-input.ts';
import type { Terminal } from '../terminal.ts';

/** Heads of the journal that were recorded outside this host. */
export interface GivenWitnesses {
  /** Each is `HASH@SEQ`. */
  readonly witness: readonly string[];
  /** Files with any number of witnesses; `-` is standard input. */
  readonly witnessFile: readonly string[];
}

/**
 * Verifies the chain and prints the verdict. Returns 0 for an intact journal that no witness contradicts,
 * else 1. Throws AppError (exit code 2) if there is no journal, or if all given witnesses are of lines that
 * retention has removed, since then nothing was compared.
 */
export async function verifyEvents(
  terminal: Terminal,
  stateDirectory: string,
  found: boolean,
  options: GivenWitnesses & { readonly json: boolean },
): Promise<number> {
  const directory = journalDirectory(stateDirectory);
  const given = await givenWitnesses(terminal, options);
  // Read before the walk: a running exporter keeps writing, and its cursor must not be ahead of the lines
  // that are read.
  const { witnesses: own, left } = readWitnesses(stateDirectory);
  const witnesses = [...own, ...given];
  if (!found && witnesses.every((witness) => witness.seq === 0))
    throw new AppError(
      `cannot verify the journal in ${directory}`,
      'there is none',
      'name where the exporter keeps its state with --state-directory',
    );
  const verdict = await verifyJournal(directory, witnesses);
  for (const why of left) terminal.stderr.write(`godrift: cannot use a witness: ${visible(why)}\n`);
  const oldest = verdict.first ?? 1;
  if (verdict.ok && given.length > 0 && given.every(({ seq }) => seq < oldest - 1))
    throw new AppError(
      `cannot compare the journal in ${directory} with what was seen`,
      `its oldest line is ${oldest}, and every witness is of an older one that retention has removed`,
      'give newer witnesses',
    );
  terminal.stdout.write(options.json ? `${visibleJson(verdict)}\n` : `${visible(inWords(verdict, given))}\n`);
  return verdict.ok ? 0 : 1;
}

function inWords(
  { ok, lines, head, firstBroken, firstNewer, confirmed, tooOld, tornBytes }: JournalCheck,
  given: readonly Witness[],
): string {
  if (!ok)
    return firstBroken === undefined
      ? 'broken: the chain'
      : `broken: ${firstBroken.segment}:${firstBroken.line} ${firstBroken.why}`;
  const newer =
    firstNewer === undefined
      ? ''
      : `; ${firstNewer.segment}:${firstNewer.line} is of a newer godrift (${firstNewer.type})`;
  const torn =
    tornBytes === 0
      ? ''
      : `; ${counted(tornBytes, 'byte')} of an unfinished line follow, which is being written, or was when the writer ended: the next godrift serve cuts it off and records that`;
  const whole = `ok: ${counted(lines, 'line')}, head ${head?.seq ?? 0} ${head?.hash.slice(0, 12) ?? ''}${newer}${torn}`;
  if (given.length === 0) return whole;
  const old = tooOld === 0 ? '' : `, ${tooOld} are of lines that retention has removed`;
  return `${whole}; ${confirmed} ${confirmed === 1 ? 'witness agrees' : 'witnesses agree'}${old}`;
}

async function givenWitnesses(terminal: Terminal, options: GivenWitnesses): Promise<readonly Witness[]> {
  const found: Witness[] = options.witness.map((text) => {
    const one = parseWitness(text, 'the given witness');
    if (one !== undefined) return one;
    throw new AppError(
      `cannot use the witness ${text}`,
      'it is not HASH@SEQ with at least 16 hex digits',
      'take hash and seq of godrift_journal_head_info',
    );
  });
  for (const file of options.witnessFile) {
    const by = file === '-' ? 'standard input' : file;
    const bytes = await readInput(terminal, file, 'give a file with witnesses, or - for standard input');
    const witnesses = findWitnesses(Buffer.from(bytes).toString('utf8'), by);
    if (witnesses.length === 0)
      throw new AppError(
        `cannot use ${by}`,
        'it holds no witness',
        'give HASH@SEQ lines, a scraped page, or an answer of the API of Prometheus for godrift_journal_head_info',
      );
    found.push(...witnesses);
  }
  return found;
}
