/** `godrift baseline accept` and `show`. */

import { AppError } from '../../catalog/errors.ts';
import { visible, visibleJson, visibleLines } from '../../catalog/visible.ts';
import { lostOf } from '../../drift/choose-baseline.ts';
import { lostBaseline } from '../../drift/lost-baseline.ts';
import { withoutHostEntries } from '../../drift/secret-entries.ts';
import { formatSnapshot } from '../../drift/snapshot.ts';
import type { TargetState } from '../../drift/state.ts';
import { isSystemError } from '../../host/errors.ts';
import { readMachine, systemClock } from '../../host/machine.ts';
import { readApproval } from '../../observe/approval.ts';
import { readSources } from '../../observe/environment/sources.ts';
import type { TargetSettings } from '../../observe/target.ts';
import type { Accepted } from '../../store/accept-baseline.ts';
import { writeApproved } from '../../store/approved/approved.ts';
import { writeFileList } from '../../store/cache-files.ts';
import { openUnlocked } from '../../store/open.ts';
import { readTargetBaselines } from '../../store/peek.ts';
import { openSecretKey } from '../../store/secret-key.ts';
import { systemReason } from '../../store/state-directory.ts';
import { peekMemory } from '../../undo/keep-memory.ts';
import { readCommitted } from '../committed.ts';
import { inspect } from '../inspect.ts';
import { record as tell, whoAmI } from '../record.ts';
import { resolveHealedDrifts } from '../resolve-drifts.ts';
import { acceptUnlessUnconfirmed } from '../rollback/accept.ts';
import { conflictsOf } from '../rollback/prepare.ts';
import { whyUnconfirmed } from '../rollback/take-back.ts';
import { targetArgumentsOf, withTargetArguments } from '../target-arguments.ts';
import type { Terminal } from '../terminal.ts';
import { type WhichOptions, whichTarget } from '../which-target.ts';
import { recover } from './rollback.ts';

/** How long a running exporter may take to store a baseline and compare its targets with it, ms. */
const acceptedWithinMs = 120_000;

/**
 * Accepts the current state of a workspace as its baseline on this host. A running exporter stores and
 * journals it; without one this process does, under the lock. Returns 0. Throws AppError if a facet could not
 * be observed, since a partial observation must not become a baseline.
 */
export async function runBaselineAccept(
  terminal: Terminal,
  directory: string | undefined,
  options: WhichOptions & { readonly reason: string },
): Promise<number> {
  if (options.reason.trim() === '')
    throw new AppError('cannot accept a baseline', 'the reason is empty', 'say why with --reason');
  const { target, stateDirectory } = await whichTarget(terminal, directory, options);
  // An interrupted rollback is undone first, so that its partial changes are never accepted.
  await recover(terminal, stateDirectory);
  const waits = whyUnconfirmed(await peekMemory(stateDirectory), target);
  if (waits !== undefined)
    throw new AppError(
      'cannot accept a baseline',
      withTargetArguments(waits, targetArgumentsOf(terminal, options)),
      'do one of these first',
    );
  const unlocked = await openUnlocked(stateDirectory);
  // Created before the observation, so that the baseline can tell whether a secret changes.
  await openSecretKey(unlocked, systemClock());
  const before = await approvalOf(target);
  const { settings, state } = await inspect(terminal, directory, {
    settings: target,
    stateDirectory,
    audit: true,
    // With them a plain check sees changes of the toolchain and of vendored code, or sees them faster.
    keepList: async (of, place, files) => {
      await writeFileList(unlocked, of, place, files);
    },
  });
  refuseBlind(state);
  const kept = await approvalOf(target);
  if (JSON.stringify(kept.entries) !== JSON.stringify(before.entries))
    throw new AppError(
      'cannot accept a baseline',
      'a settings file changed while it was being read',
      'run it again',
    );
  const { name, workspace } = settings;
  const snapshot = formatSnapshot(state.entries, state.time);
  const by = { who: whoAmI(), why: options.reason };
  const { time, fingerprint } = state;
  const record = { schema: 1, target: name, workspace, time, fingerprint, ...by } as const;
  const written = await writeApproved(
    unlocked,
    { name, workspace },
    { ...record, entries: [...kept.entries], conflicts: [...conflictsOf(state)] },
    snapshot,
    kept.bytes,
  );
  if (!written.ok)
    throw new AppError(
      'cannot accept a baseline',
      written.problem,
      'free disk space, or make the state directory writable',
    );
  const body = {
    target: name,
    workspace,
    snapshot,
    reason: options.reason,
    who: by.who,
    record: written.value,
  };
  await tell<Accepted>(
    terminal,
    stateDirectory,
    'accept a baseline',
    { method: 'POST', path: '/api/v1/baselines', body, answerMs: acceptedWithinMs },
    async (recorder) => {
      const accepted = await acceptUnlessUnconfirmed(recorder, body, await peekMemory(stateDirectory));
      if (accepted.ok) await resolveHealedDrifts(terminal, recorder, settings);
      return accepted;
    },
  );
  terminal.stdout.write(
    `accepted ${withoutHostEntries(state.entries).size} entries of ${visible(settings.name)} (${state.fingerprint.slice(0, 19)}) as its baseline\n`,
  );
  return 0;
}

/** Throws AppError if a facet could not be read. */
function refuseBlind({ facetStatus }: TargetState): void {
  const blind = Object.entries(facetStatus).flatMap(([facet, status]) =>
    status === 'unreadable' ? [facet] : [],
  );
  if (blind.length === 0) return;
  throw new AppError(
    'cannot accept a baseline',
    `${blind.join(', ')} could not be read`,
    'make it readable and accept again',
  );
}

/**
 * Reads the target's files that a rollback must be able to restore. Throws AppError if one cannot be read.
 */
async function approvalOf(target: TargetSettings) {
  try {
    return await readApproval(await readSources(target, readMachine()));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new AppError('cannot accept a baseline', systemReason(error), 'make it readable and accept again');
  }
}

/** Prints the baseline in force. Returns 0, or 1 if there is none. */
export async function runBaselineShow(
  terminal: Terminal,
  directory: string | undefined,
  options: WhichOptions & { readonly json: boolean },
): Promise<number> {
  const { target, stateDirectory } = await whichTarget(terminal, directory, options);
  const committed = readCommitted(target.workspace);
  const stored = readTargetBaselines(stateDirectory, target);
  const { accepted, learned } = stored;
  const [source, found] =
    committed !== undefined
      ? (['.godrift.snapshot', committed] as const)
      : accepted !== undefined
        ? (['accepted', accepted] as const)
        : (['learned', learned] as const);
  const unusable = lostOf({ mode: 'auto', ...stored });
  if (committed === undefined && unusable !== undefined)
    throw new AppError('cannot show the baseline', unusable.why, lostBaseline(unusable).repair ?? '');
  if (found === undefined) {
    terminal.stdout.write(
      options.json
        ? `${visibleJson({ kind: 'none' })}\n`
        : 'no baseline: commit a .godrift.snapshot, run godrift baseline accept, or let godrift serve learn one\n',
    );
    return 1;
  }
  const approval =
    source === 'accepted' && accepted !== undefined ? { who: accepted.who, why: accepted.why } : {};
  if (options.json) {
    terminal.stdout.write(
      `${visibleJson({ kind: source === 'learned' ? 'learned' : 'pinned', source, time: new Date(found.time).toISOString(), ...approval, entries: Object.fromEntries(withoutHostEntries(found.entries)) })}\n`,
    );
  } else {
    const by = approval.who === undefined ? '' : `, by ${approval.who}: ${approval.why ?? ''}`;
    terminal.stderr.write(`${source}, ${new Date(found.time).toISOString()}${visible(by)}\n`);
    terminal.stdout.write(visibleLines(formatSnapshot(withoutHostEntries(found.entries), found.time)));
  }
  return 0;
}
