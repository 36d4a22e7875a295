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
import { metricName, metrics } from '../catalog/metrics.ts';
import type { TargetState } from '../drift/state.ts';
import { createSerial } from '../host/serial.ts';
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
const nothingMade: ReadonlyMap<string, string> = new Map();
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

/** A part that is being told: what is kept of it, and what has to be serialized anew. */
interface Draft {
  readonly name: string;
  readonly families: readonly FamilySamples[];
  readonly kept: Kept;
  readonly fresh: readonly FamilySamples[];
}

function draft(name: string, families: readonly FamilySamples[], kept: Kept): Draft {
  const fresh = families.filter(({ row, samples }) => {
    const before = kept.get(metricName(row));
    return before === undefined || !sameSamples(before.samples, samples);
  });
  return { name, families, kept, fresh };
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

/** A page in UTF-8, one block a family, in order. Of a family that did not change it is the same block as in the page before. */
export type Page = readonly Buffer[];

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

/** All families of a part: those that were made anew, and the others as they were. */
function keep({ families, kept }: Draft, made: ReadonlyMap<string, string>): Kept {
  const next = new Map<string, KeptFamily>();
  for (const { row, samples } of families) {
    const name = metricName(row);
    const lines = made.get(name);
    const before = kept.get(name);
    if (lines !== undefined) next.set(name, { samples, lines });
    else if (before !== undefined) next.set(name, before);
    else throw new Error(`no lines were made of ${name}`);
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
  #exporter: Kept = nothingKept;
  /** The finished blocks of the target families, header included, by name. */
  #blocks: ReadonlyMap<string, Buffer> = new Map();

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
    // What changes at each scrape comes last and as one, so that what is known of the rest (its checksum) holds.
    let ownText = '';
    for (const [name, header] of headers) {
      const family = this.#exporter.get(name);
      if (family !== undefined) ownText += header + family.lines;
    }
    return [...this.#blocks.values(), Buffer.from(ownText)];
  }

  /** Serializes the fresh families of a part, and keeps the others. */
  async #tell(part: Draft): Promise<Kept> {
    if (part.fresh.length === 0) return keep(part, nothingMade);
    return keep(part, await this.#linesOfPart({ name: part.name, families: part.fresh }));
  }

  /** Brings the target blocks up to date. */
  async #refreshTargets(targets: readonly TargetState[], pause: Pause): Promise<void> {
    const last = this.#targets;
    if (targets.length === last.length && targets.every((state, index) => state === last[index]?.state))
      return;
    const before = new Map(last.map((one) => [one.state.target, one]));
    const next: KeptTarget[] = [];
    const changedFamilies = new Set<string>();
    for (const state of targets) {
      const old = before.get(state.target);
      if (old?.state === state) {
        next.push(old);
        continue;
      }
      const one = draft(state.target, this.#familiesOf(state), old?.families ?? nothingKept);
      const families = await this.#tell(one);
      next.push({ state, families });
      for (const { row } of one.fresh) changedFamilies.add(metricName(row));
      for (const name of one.kept.keys()) if (!families.has(name)) changedFamilies.add(name);
      await pause();
    }
    // Another set or order of targets touches every family.
    const sameTargets =
      next.length === last.length &&
      next.every(({ state }, index) => state.target === last[index]?.state.target);
    this.#blocks = await joinBlocks(this.#blocks, next, sameTargets ? changedFamilies : undefined, pause);
    this.#targets = next;
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
