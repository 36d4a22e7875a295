/**
 * The metrics page in the text format 0.0.4. A scrape first finds what is new: families of targets whose state object is
 * another one and whose samples differ. Only these go through the OpenTelemetry exporter and serializer; their lines are
 * kept, and the page is joined from what is kept. Everything that takes long gives way to the event loop in between.
 *
 * A page is whole or it is not: any error rejects, and nothing of a failed attempt is kept.
 */
import { setImmediate } from 'node:timers/promises';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { emptyResource } from '@opentelemetry/resources';
import { MeterProvider, type MetricData } from '@opentelemetry/sdk-metrics';
import type { MetricRow } from '../../catalog/metric-row.ts';
import { metricName, metrics } from '../../catalog/metrics.ts';
import type { TargetState } from '../../drift/state.ts';
import { createSerial } from '../../host/serial.ts';
import { createProducer, type Part } from './producer.ts';
import type { FamilySamples, Sample } from './samples.ts';

/** Milliseconds of work between two pauses: a tenth of the stall that is allowed (design §14), for a garbage collection may join it. */
const sliceMs = 2;

/** A family of one part: its samples, and the lines that the serializer made of them. */
interface KeptFamily {
  readonly samples: readonly Sample[];
  readonly lines: string;
}
type Kept = ReadonlyMap<string, KeptFamily>;

interface KeptTarget {
  readonly state: TargetState;
  readonly families: Kept;
}

const noResource = emptyResource();
const nothingKept: Kept = new Map();
/** The part without `target`. */
const exporterPart = 'godrift/exporter';

/** `# HELP` and `# TYPE` of each family, once on a page, in the order of the page. */
const headers: ReadonlyMap<string, string> = new Map(
  metrics
    .map((row) => {
      const name = metricName(row);
      const help = row.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
      return [name, `# HELP ${name} ${help}\n# TYPE ${name} ${row.type}\n`] as const;
    })
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);

/** Families that every scrape finds changed: what every exporter says of its own process. They come last in the order of names. */
const ofProcess = /^(nodejs|process)_/;

/** Whether a family is one of those that every exporter has of its own process. */
export const isOfProcess = ({ name }: Pick<MetricRow, 'name'>): boolean => ofProcess.test(name);

/** Pauses when the current slice of work is used up. */
type Pause = () => Promise<void> | undefined;

/** Makes the pauses of one page. */
function pauses(): Pause {
  let sliceStart = performance.now();
  return () => {
    if (performance.now() - sliceStart < sliceMs) return undefined;
    return setImmediate().then(() => {
      sliceStart = performance.now();
    });
  };
}

function sameSamples(a: readonly Sample[], b: readonly Sample[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, index) => {
      const other = b[index] as Sample;
      if (one.value !== other.value) return false;
      // The labels of a family are always the same names in the same order.
      for (const name in one.labels) if (one.labels[name] !== other.labels[name]) return false;
      return true;
    })
  );
}

/**
 * The lines of a family whose series are the same and only have other values: the lines that OpenTelemetry made, with the values put in their places.
 * Undefined where series are others, or a value is not written as JavaScript writes numbers (infinity).
 */
function revalued(before: KeptFamily, samples: readonly Sample[]): string | undefined {
  if (before.samples.length !== samples.length) return undefined;
  // A line break in a label is written as `\n`, so that each line is a series.
  const lines = before.lines.split('\n');
  let text = '';
  for (const [index, { labels, value }] of samples.entries()) {
    const line = lines[index] as string;
    const known = (before.samples[index] as Sample).labels;
    if (!Number.isFinite(value) || before.samples[index]?.histogram !== undefined) return undefined;
    for (const name in labels) if (labels[name] !== known[name]) return undefined;
    text += `${line.slice(0, line.lastIndexOf(' '))} ${value}\n`;
  }
  return text;
}

/** A part that is being told. */
interface Draft {
  readonly name: string;
  /** What holds of it already, and what only has other values. */
  readonly known: Kept;
  /** What has to be serialized anew. */
  readonly unknown: readonly FamilySamples[];
  /** The names of the families that are not as they were. */
  readonly changed: readonly string[];
}

function draft(name: string, families: readonly FamilySamples[], kept: Kept): Draft {
  const known = new Map<string, KeptFamily>();
  const unknown: FamilySamples[] = [];
  const changed: string[] = [];
  for (const one of families) {
    const { row, samples } = one;
    const full = metricName(row);
    const before = kept.get(full);
    if (before !== undefined && sameSamples(before.samples, samples)) {
      known.set(full, before);
      continue;
    }
    changed.push(full);
    const lines = before === undefined ? undefined : revalued(before, samples);
    if (lines === undefined) unknown.push(one);
    else known.set(full, { samples, lines });
  }
  return { name, known, unknown, changed };
}

/** The lines of one family as OpenTelemetry writes them, without its header, which the page holds once. */
function linesOf(serializer: PrometheusSerializer, metric: MetricData): string {
  const { name } = metric.descriptor;
  const text = serializer.serialize({
    resource: noResource,
    scopeMetrics: [{ scope: { name: '' }, metrics: [metric] }],
  });
  const start = text.indexOf('\n', text.indexOf('\n') + 1) + 1;
  // Anything else would mean that the exporter renamed the family: its lines would stand under a foreign header.
  if (start === 0 || text.slice(0, start) !== headers.get(name))
    throw new Error(`the serializer made another family of ${name}`);
  return text.slice(start);
}

/** A page in UTF-8, in two parts. */
export interface Page {
  /** One block a family of the targets, in order, and one for the families of the exporter that seldom change. The same array while none of them did. */
  readonly kept: readonly Buffer[];
  /** What the exporter says of its own process, other at each scrape: a kilobyte. It comes last, so that what is known of the rest (its checksum) holds. */
  readonly fresh: Buffer;
}

export interface Exposition {
  /** The whole page: the targets, and the families of the exporter itself. Rejects when any part of it cannot be made. */
  page(targets: readonly TargetState[], own: readonly FamilySamples[]): Promise<Page>;
}

/** The way of samples through OpenTelemetry: producer, exporter, serializer. Answers the lines of each family; rejects when one cannot be made. */
function createPipeline(): (part: Part) => Promise<ReadonlyMap<string, string>> {
  let parts: readonly Part[] = [];
  const exporter = new PrometheusExporter({
    preventServerStart: true,
    withoutScopeInfo: true,
    withoutTargetInfo: true,
    metricProducers: [createProducer(() => parts)],
  });
  // Binds the reader; godrift has no instruments, and without a resource there is no `target_info` beside our own.
  new MeterProvider({ resource: noResource, readers: [exporter] });
  const serializer = new PrometheusSerializer('', false, undefined, true, true);
  return async (part) => {
    parts = [part];
    const { resourceMetrics, errors } = await exporter.collect();
    if (errors.length > 0) throw new AggregateError(errors, 'collection failed');
    const made = resourceMetrics.scopeMetrics.flatMap(({ metrics: told }) => told);
    return new Map(made.map((metric) => [metric.descriptor.name, linesOf(serializer, metric)]));
  };
}

/** All families of a part: those that were made anew, and the others. */
function keep({ known, unknown }: Draft, made: ReadonlyMap<string, string>): Kept {
  const next = new Map(known);
  for (const { row, samples } of unknown) {
    const name = metricName(row);
    const lines = made.get(name);
    if (lines === undefined) throw new Error(`no lines were made of ${name}`);
    next.set(name, { samples, lines });
  }
  return next;
}

/** An exposition of what `familiesOf` makes of a target; it is asked once for each state object. */
export function createExposition(familiesOf: (state: TargetState) => readonly FamilySamples[]): Exposition {
  return new KeptExposition(familiesOf);
}

class KeptExposition implements Exposition {
  readonly #familiesOf: (state: TargetState) => readonly FamilySamples[];
  readonly #linesOfPart = createPipeline();
  /** Two scrapes at once would share what is being made. */
  readonly #serial = createSerial();
  #targets: readonly KeptTarget[] = [];
  /** The list of which these were made: the same list need not be compared. */
  #states: readonly TargetState[] | undefined;
  #exporter: Kept = nothingKept;
  /** The finished blocks of the target families, header included, by name. */
  #blocks: ReadonlyMap<string, Buffer> = new Map();
  /** What the exporter says of itself that seldom changes, as text. */
  #ownText = '';
  #ownBlock = Buffer.alloc(0);
  /** The kept part of the last page; undefined once something of it is another. */
  #keptBlocks: readonly Buffer[] | undefined;

  constructor(familiesOf: (state: TargetState) => readonly FamilySamples[]) {
    this.#familiesOf = familiesOf;
  }

  page(targets: readonly TargetState[], own: readonly FamilySamples[]): Promise<Page> {
    return this.#serial(() => this.#build(targets, own));
  }

  async #build(targets: readonly TargetState[], own: readonly FamilySamples[]): Promise<Page> {
    const pause = pauses();
    await this.#refreshTargets(targets, pause);
    this.#exporter = await this.#tell(draft(exporterPart, own, this.#exporter));
    const { seldom, always } = this.#ownTexts();
    if (seldom !== this.#ownText) {
      this.#ownText = seldom;
      this.#ownBlock = Buffer.from(seldom);
      this.#keptBlocks = undefined;
    }
    this.#keptBlocks ??= [...this.#blocks.values(), this.#ownBlock];
    return { kept: this.#keptBlocks, fresh: Buffer.from(always) };
  }

  /** The families of the exporter in their order: those that change seldom, and behind them those that every scrape finds changed. */
  #ownTexts(): { readonly seldom: string; readonly always: string } {
    let seldom = '';
    let always = '';
    for (const [name, header] of headers) {
      const family = this.#exporter.get(name);
      if (family === undefined) continue;
      const text = header + family.lines;
      if (ofProcess.test(name)) always += text;
      else seldom += text;
    }
    return { seldom, always };
  }

  /** Serializes the unknown families of a part, and keeps the others. */
  async #tell(part: Draft): Promise<Kept> {
    if (part.unknown.length === 0) return part.known;
    return keep(part, await this.#linesOfPart({ name: part.name, families: part.unknown }));
  }

  /** Brings the target blocks up to date. */
  async #refreshTargets(targets: readonly TargetState[], pause: Pause): Promise<void> {
    const last = this.#targets;
    if (targets === this.#states) return;
    if (targets.length === last.length && targets.every((state, index) => state === last[index]?.state)) {
      this.#states = targets;
      return;
    }
    const before = new Map(last.map((one) => [one.state.target, one]));
    const next: KeptTarget[] = [];
    const changedFamilies = new Set<string>();
    for (const state of targets) {
      const old = before.get(state.target);
      if (old?.state === state) {
        next.push(old);
        continue;
      }
      const kept = old?.families ?? nothingKept;
      const one = draft(state.target, this.#familiesOf(state), kept);
      const families = await this.#tell(one);
      next.push({ state, families });
      for (const name of one.changed) changedFamilies.add(name);
      for (const name of kept.keys()) if (!families.has(name)) changedFamilies.add(name);
      await pause();
    }
    // Another set or order of targets touches every family.
    const sameTargets =
      next.length === last.length &&
      next.every(({ state }, index) => state.target === last[index]?.state.target);
    this.#blocks = await joinBlocks(this.#blocks, next, sameTargets ? changedFamilies : undefined, pause);
    this.#keptBlocks = undefined;
    this.#targets = next;
    this.#states = targets;
  }
}

/** The blocks of all target families; of those that did not change, the same ones as before. Without `changed` all are made anew. */
async function joinBlocks(
  blocks: ReadonlyMap<string, Buffer>,
  targets: readonly KeptTarget[],
  changed: ReadonlySet<string> | undefined,
  pause: Pause,
): Promise<ReadonlyMap<string, Buffer>> {
  const joined = new Map<string, Buffer>();
  for (const [name, header] of headers) {
    const block = blocks.get(name);
    if (changed !== undefined && !changed.has(name)) {
      if (block !== undefined) joined.set(name, block);
      continue;
    }
    const lines = targets.flatMap(({ families }) => families.get(name)?.lines ?? []);
    if (lines.length > 0) joined.set(name, Buffer.from(header + lines.join('')));
    await pause();
  }
  return joined;
}
