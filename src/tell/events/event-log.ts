/**
 * The event log: a file of JSON lines for log shippers, written from the journal lines after a cursor. The
 * file is flushed before the cursor moves, and each line names its journal line. A writer that was killed in
 * between finds at the end of the file what it has already written, so no event is lost or written twice.
 *
 * If log rotation moved, removed or truncated the file, it is opened again under its name.
 */
import { visibleJson } from '../../catalog/visible.ts';
import type { ExporterState } from '../../drift/state.ts';
import type { AppendFile } from '../../host/append.ts';
import { foreign, type LastLine, openLogFile, readLastLine, rotateLogFile } from '../../host/log-file.ts';
import { eventOf, type JournalHead, type JournalLine } from '../../store/journal.ts';
import { writeReason } from '../../store/state-directory.ts';
import { eventLine } from './event-line.ts';

export interface EventLogSettings {
  readonly file: string;
  /** The file is rotated before a write that would exceed this size. */
  readonly maxBytes: number;
  /** Rotated files to keep, at least one. */
  readonly keep: number;
}

export interface EventLogPorts {
  /**
   * Returns a reader of the journal lines after a number. Each call of the reader continues where the last
   * one stopped.
   */
  readonly reader: (behind: number) => () => AsyncIterable<JournalLine>;
  /** Returns the journal line with this number, if the journal still has it. */
  readonly lineAt: (seq: number) => Promise<JournalHead | undefined>;
  /** Returns the last journal line. */
  readonly head: () => JournalHead;
  readonly position: JournalHead;
  /** Moves the cursor. May fail silently. */
  readonly advance: (to: JournalHead) => Promise<void>;
  /** If too many lines wait after a number, returns the line up to which they must be dropped. */
  readonly overflow: (behind: number) => Promise<number | undefined>;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface EventLog {
  /** Starts writing new journal lines, or retries after a failure. Never blocks, never throws. */
  kick(): void;
  /** Reopens the file at the next write, for log rotation. */
  reopen(): void;
  /** Writes what it can within `limitMs` and then ends: nothing is written afterwards. */
  flush(limitMs: number): Promise<void>;
  readonly stats: () => NonNullable<ExporterState['eventLog']>;
}

/** Bytes of one write. */
const batchBytes = 256 * 1024;

/** Creates an event log at `position`. It starts with the first {@link EventLog.kick}. */
export function createEventLog(settings: EventLogSettings, ports: EventLogPorts): EventLog {
  return new Writer(settings, ports);
}

class Writer implements EventLog {
  readonly #settings: EventLogSettings;
  readonly #ports: EventLogPorts;
  #position: JournalHead;
  /** Whether the end of the file was examined. */
  #recovered = false;
  #file: AppendFile | undefined;
  #lines: (() => AsyncIterable<JournalLine>) | undefined;
  #turn: Promise<void> = Promise.resolve();
  #queued = false;
  #ended = false;
  #said = '';
  #oldest: number | undefined;
  #written = 0;
  #errors = 0;
  #dropped = 0;

  constructor(settings: EventLogSettings, ports: EventLogPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#position = ports.position;
  }

  readonly stats = () => ({
    written: this.#written,
    pending: Math.max(0, this.#ports.head().seq - this.#position.seq),
    errors: this.#errors,
    dropped: this.#dropped,
    ...(this.#oldest === undefined ? {} : { oldest: this.#oldest }),
  });

  kick(): void {
    if (this.#queued || this.#ended || this.#ports.head().seq <= this.#position.seq) return;
    this.#queued = true;
    this.#turn = this.#turn.then(async () => {
      this.#queued = false;
      await this.#drain();
    });
  }

  reopen(): void {
    this.#turn = this.#turn.then(() => this.#close());
  }

  async flush(limitMs: number): Promise<void> {
    this.kick();
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      limit = setTimeout(resolve, limitMs);
    });
    await Promise.race([this.#turn, late]);
    clearTimeout(limit);
    this.#ended = true;
    this.#turn = this.#turn.then(() => this.#close());
  }

  async #close(): Promise<void> {
    await this.#file?.close().catch(() => {});
    this.#file = undefined;
  }

  /**
   * Writes all journal lines after the position. A failure is logged once, counted, and retried at the next
   * kick.
   */
  async #drain(): Promise<void> {
    try {
      if (!this.#recovered) await this.#recover();
      this.#lines ??= this.#ports.reader(this.#position.seq);
      let batch: JournalLine[] = [];
      let texts: string[] = [];
      let bytes = 0;
      const write = async () => {
        const last = batch.at(-1);
        if (last === undefined) return;
        this.#oldest = Date.parse((batch[0] as JournalLine).time);
        await this.#append(Buffer.from(texts.join('')));
        this.#written += batch.length;
        await this.#moveTo(last);
        batch = [];
        texts = [];
        bytes = 0;
      };
      for await (const line of this.#lines()) {
        if (this.#ended) return;
        const text = `${visibleJson(eventLine(line, eventOf(line)))}\n`;
        batch.push(line);
        texts.push(text);
        bytes += text.length;
        if (bytes >= batchBytes) await write();
      }
      await write();
      this.#said = '';
    } catch (error) {
      await this.#failed(error);
    }
  }

  async #failed(error: unknown): Promise<void> {
    this.#errors++;
    this.#lines = undefined;
    await this.#close();
    const why = `cannot write ${this.#settings.file}: ${writeReason(error, this.#settings.file)}`;
    if (why !== this.#said) this.#ports.log('events wait for the event log', { why });
    this.#said = why;
    await this.#makeRoom().catch(() => {});
  }

  async #moveTo({ seq, hash }: JournalHead): Promise<void> {
    this.#position = { seq, hash };
    this.#oldest = undefined;
    await this.#ports.advance(this.#position);
  }

  /** Drops the oldest events when too many wait. */
  async #makeRoom(): Promise<void> {
    const last = await this.#ports.overflow(this.#position.seq);
    const to = last === undefined ? undefined : await this.#ports.lineAt(last);
    if (to === undefined) return;
    const dropped = to.seq - this.#position.seq;
    this.#dropped += dropped;
    this.#ports.log('events waited for longer than the journal may keep them', { events: dropped });
    await this.#moveTo(to);
  }

  /** Appends to the file that has the name now, after a rotation if it would grow too large. */
  async #append(bytes: Buffer): Promise<void> {
    if (this.#file !== undefined && !(await this.#file.untouched())) await this.#close();
    const { file, maxBytes, keep } = this.#settings;
    this.#file ??= await openLogFile(file);
    if (this.#file.size() > 0 && this.#file.size() + bytes.length > maxBytes) {
      await this.#close();
      await refuseForeign(file, keep);
      await rotateLogFile(file, keep);
      this.#file = await openLogFile(file);
    }
    await this.#file.append(bytes);
  }

  /** Finds what an earlier process wrote without moving the cursor, and truncates an incomplete last line. */
  async #recover(): Promise<void> {
    const { file } = this.#settings;
    const current = await readLastLine(file);
    if (current !== undefined) {
      const opened = await openLogFile(file);
      try {
        // A mistyped name must not destroy another file: only a file that this log began is truncated or
        // continued.
        if (!isEventLog(current)) throw foreign(file);
        if (opened.size() > current.end) await opened.cut(current.end);
      } finally {
        await opened.close();
      }
    }
    // The file may have been rotated just before that process ended, by godrift or by logrotate.
    const line = current?.line ?? (await readLastLine(`${file}.1`).catch(() => undefined))?.line;
    const told = line === undefined ? undefined : journalPositionIn(line);
    if (told !== undefined && told.seq > this.#position.seq) {
      const known = await this.#ports.lineAt(told.seq);
      // A line of an earlier, different journal says nothing about this one.
      if (known?.hash === told.hash) await this.#moveTo(known);
    }
    this.#recovered = true;
  }
}

/**
 * Throws EFOREIGN if a name that the rotation would overwrite is a file of another program, for example
 * because the event log was given the name of that program's log by mistake.
 */
async function refuseForeign(file: string, keep: number): Promise<void> {
  for (let number = 1; number <= keep; number++) {
    const name = `${file}.${number}`;
    const last = await readLastLine(name);
    if (last !== undefined && !isEventLog(last)) throw foreign(name);
  }
}

/** Start of each line of an event log (event-line.ts). */
const beginning = Buffer.from('{"alert_id":');

/** Reports whether a file is empty or ends like an event log: with an event, or with an incomplete one. */
function isEventLog({ line, rest }: LastLine): boolean {
  const begun = rest.subarray(0, beginning.length).equals(beginning.subarray(0, rest.length));
  return begun && (line === undefined || journalPositionIn(line) !== undefined);
}

/** Returns the journal position that a line of the event log names. */
function journalPositionIn(line: Buffer): JournalHead | undefined {
  try {
    const { sequence, hash } = JSON.parse(line.toString('utf8')).context.journal;
    return Number.isSafeInteger(sequence) && typeof hash === 'string' ? { seq: sequence, hash } : undefined;
  } catch {
    return undefined;
  }
}
