/**
 * `check --notify`: reads the destinations, remembers what each was sent, and sends what is new. A failure is
 * one line on stderr and does not change the verdict.
 */

import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { visible } from '../catalog/visible.ts';
import { sha256Hex } from '../host/digest.ts';
import { readFile } from '../host/files.ts';
import { readMachine, systemClock } from '../host/machine.ts';
import { loadNotified, type Notified, saveNotified } from '../store/notified.ts';
import { openUnlocked } from '../store/open.ts';
import type { StateDirectory } from '../store/state-directory.ts';
import { type Destination, parseDestination, takesToken } from '../tell/notify/destination.ts';
import { endedOf, firingOf, type NotifiedFinding } from '../tell/notify/notification.ts';
import { send } from '../tell/notify/send.ts';
import type { Report } from '../tell/reports/report.ts';
import { outgoingOf } from './outgoing.ts';
import type { Terminal } from './terminal.ts';

export interface NotifyOptions {
  readonly notify: readonly string[];
  /** Files that hold one URL each. */
  readonly notifyUrlFile: readonly string[];
  readonly notifyKind?: string;
  readonly notifyTokenFile?: string;
  /** How long an unchanged notification is not repeated, ms. */
  readonly notifyWindowMs: number;
}

function secretFrom(terminal: Terminal, file: string): string {
  const read = readFile({ root: '/', path: path.resolve(terminal.cwd, file) }, 64 * 1024);
  if (!read.ok) throw new AppError(`cannot read ${file}`, read.why, 'name a file that this user can read');
  const text = read.bytes.toString('utf8').trim();
  if (text === '' || text.includes('\n'))
    throw new AppError(
      `cannot use ${file}`,
      'it does not hold exactly one line',
      'write the secret into it, alone',
    );
  return text;
}

/** Reads all destinations first, so that a mistake is reported before any work. Throws AppError. */
export function readDestinations(terminal: Terminal, options: NotifyOptions): readonly Destination[] {
  const texts = [...options.notify];
  for (const file of options.notifyUrlFile) texts.push(secretFrom(terminal, file));
  const { notifyTokenFile, notifyKind } = options;
  const token = notifyTokenFile === undefined ? undefined : secretFrom(terminal, notifyTokenFile);
  const destinations = texts.map((text) => parseDestination(text, notifyKind, token));
  if (token !== undefined && destinations.filter(takesToken).length !== 1)
    throw new AppError(
      'cannot use --notify-token-file',
      'not exactly one of the destinations takes a token',
      'notify the others by another call',
    );
  return destinations;
}

/**
 * Opens the directory that remembers what was sent; undefined where that is impossible (reported on stderr).
 */
async function openMemory(terminal: Terminal, stateDirectory: string): Promise<StateDirectory | undefined> {
  try {
    return await openUnlocked(stateDirectory);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    terminal.stderr.write(
      `godrift: sent notifications are not remembered, and may be sent again: ${error.message}\n`,
    );
    return undefined;
  }
}

/**
 * Sends one destination what it has not received yet. Returns what it has received by now; undefined when
 * there was nothing to send or sending failed (reported on stderr).
 */
async function tell(
  terminal: Terminal,
  destination: Destination,
  report: Report,
  before: Notified | undefined,
  windowMs: number,
): Promise<Notified | undefined> {
  const now = systemClock();
  const told = new Map<string, NotifiedFinding>((before?.told ?? []).map((one) => [one.id, one]));
  const host = readMachine().hostname;
  const firing = firingOf(report, host, now, told);
  const ended = endedOf(report, told.values());
  const fresh = firing.some((one) => !told.has(one.id));
  const again = firing.length > 0 && now - (before?.time ?? 0) >= windowMs;
  if (!fresh && !again && ended.length === 0) return undefined;
  const { state, version } = report;
  try {
    const notification = { state, version, host, now, windowMs, firing, ended };
    await send(destination, notification, outgoingOf(terminal.env));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    terminal.stderr.write(
      `godrift: could not notify ${destination.name}: ${visible(why)}; the verdict stands\n`,
    );
    return undefined;
  }
  for (const one of ended) told.delete(one.id);
  for (const { finding: _, ...one } of firing) told.set(one.id, one);
  return { time: now, told: [...told.values()] };
}

/**
 * Notifies all destinations in parallel. What was sent is remembered per target and, with `--baseline-ref`,
 * per revision. Does not throw when a destination fails.
 */
export async function notifyAll(
  terminal: Terminal,
  report: Report,
  destinations: readonly Destination[],
  stateDirectory: string,
  { windowMs, revision }: { readonly windowMs: number; readonly revision: string | undefined },
): Promise<void> {
  const memory = await openMemory(terminal, stateDirectory);
  const { target, workspace } = report.state;
  await Promise.all(
    destinations.map(async (destination) => {
      const address = sha256Hex(`${destination.kind} ${destination.url.href}`).slice(0, 16);
      const key = [address, target, workspace, ...(revision === undefined ? [] : [revision])].join(' ');
      const before = memory === undefined ? {} : await loadNotified(memory, key, systemClock());
      if (before.problem !== undefined) terminal.stderr.write(`godrift: ${visible(before.problem)}\n`);
      const known = await tell(terminal, destination, report, before.value, windowMs);
      // An unreadable memory may be undamaged: it is not overwritten, so that the resolved notices it calls
      // for can be sent later.
      if (memory === undefined || known === undefined || before.unread === true) return;
      const saved = await saveNotified(memory, key, known, systemClock());
      if (!saved.ok)
        terminal.stderr.write(
          `godrift: sent notifications are not remembered, and may be sent again: ${visible(saved.problem)}\n`,
        );
    }),
  );
}
