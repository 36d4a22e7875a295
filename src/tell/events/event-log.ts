/**
 * The event log: what is behind a cursor of the journal is written as lines of JSON into a file that log shippers read. The file is flushed
 * before the cursor moves, and each line names the line of the journal that it tells: so a writer that was killed between the two finds by
 * the file's own end what is in it already, and nothing is lost or told twice.
 *
 * A file that was moved, removed or cut by whoever rotates logs is opened anew under its name.
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
  /** The file is rotated before a write that would make it larger. */
  readonly maxBytes: number;
  /** Rotated files to keep, at least one. */
  readonly keep: number;
}

export interface EventLogPorts {
  /** Lines of the journal behind a number; each call goes on where the last one was left. */
  readonly reader: (behind: number) => () => AsyncIterable<JournalLine>;
  /** The line of that number, where it is still in the journal. */
  readonly lineAt: (seq: number) => Promise<JournalHead | undefined>;
  /** The last line of the journal. */
  readonly head: () => JournalHead;
  readonly position: JournalHead;
  /** Moves the cursor; may fail silently. */
  readonly advance: (to: JournalHead) => Promise<void>;
  /** The line up to which those behind a number have to go, for they are more than may wait. */
  readonly overflow: (behind: number) => Promise<number | undefined>;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface EventLog {
  /** Tells that the journal may have grown, or that what failed may be tried again; never blocks, never throws. */
  kick(): void;
  /** Opens the file anew at the next write: whoever rotates it asks for that. */
  reopen(): void;
  /** Writes what can be written, for no longer than that many ms, then ends: nothing is written afterwards. */
  flush(limitMs: number): Promise<void>;
  readonly stats: () => NonNullable<ExporterState['eventLog']>;
}

/** Bytes of one write. */
const batchBytes = 256 * 1024;

/** An event log that stands at `position`; it begins with the first {@link EventLog.kick}. */
export function createEventLog(settings: EventLogSettings, ports: EventLogPorts): EventLog {
  return new Writer(settings, ports);
}

class Writer implements EventLog {
  readonly #settings: EventLogSettings;
  readonly #ports: EventLogPorts;
  #position: JournalHead;
  /** What the file's end says is known. */
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

  /** Writes all that is behind the position; what fails is said once, counted, and tried again at the next kick. */
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

  /** Gives up the oldest events when more of the journal waits than may. */
  async #makeRoom(): Promise<void> {
    const last = await this.#ports.overflow(this.#position.seq);
    const to = last === undefined ? undefined : await this.#ports.lineAt(last);
    if (to === undefined) return;
    const dropped = to.seq - this.#position.seq;
    this.#dropped += dropped;
    this.#ports.log('events waited for longer than the journal may keep them', { events: dropped });
    await this.#moveTo(to);
  }

  /** Appends to the file that has the name now, rotated before where it would grow too large. */
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

  /** Finds what a process before this one wrote and could not note in the cursor, and cuts the line in which it was interrupted. */
  async #recover(): Promise<void> {
    const { file } = this.#settings;
    const current = await readLastLine(file);
    if (current !== undefined) {
      const opened = await openLogFile(file);
      try {
        // A mistyped name must not cost the file that has it: only what this log has begun is cut, and only such a file goes on.
        if (!isEventLog(current)) throw foreign(file);
        if (opened.size() > current.end) await opened.cut(current.end);
      } finally {
        await opened.close();
      }
    }
    // Rotated just before the end, by us or by logrotate.
    const line = current?.line ?? (await readLastLine(`${file}.1`).catch(() => undefined))?.line;
    const told = line === undefined ? undefined : placeIn(line);
    if (told !== undefined && told.seq > this.#position.seq) {
      const known = await this.#ports.lineAt(told.seq);
      // Of another journal, which was there before this one: it says nothing.
      if (known?.hash === told.hash) await this.#moveTo(known);
    }
    this.#recovered = true;
  }
}

/** Throws EFOREIGN where a name that a rotation would take is another program's file, as where the event log got the name of its log by mistake. */
async function refuseForeign(file: string, keep: number): Promise<void> {
  for (let number = 1; number <= keep; number++) {
    const name = `${file}.${number}`;
    const last = await readLastLine(name);
    if (last !== undefined && !isEventLog(last)) throw foreign(name);
  }
}

/** How each line of an event log begins (event-line.ts). */
const beginning = Buffer.from('{"alert_id":');

/** Whether a file is empty, or ends as an event log does: with an event, or in the middle of one. */
function isEventLog({ line, rest }: LastLine): boolean {
  const begun = rest.subarray(0, beginning.length).equals(beginning.subarray(0, rest.length));
  return begun && (line === undefined || placeIn(line) !== undefined);
}

/** The place in the journal that a line of the event log names. */
function placeIn(line: Buffer): JournalHead | undefined {
  try {
    const { sequence, hash } = JSON.parse(line.toString('utf8')).context.journal;
    return Number.isSafeInteger(sequence) && typeof hash === 'string' ? { seq: sequence, hash } : undefined;
  } catch {
    return undefined;
  }
}
