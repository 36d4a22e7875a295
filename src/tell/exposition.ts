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
function pauses(): () => Promise<void> | undefined {
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

/** An exposition of what `familiesOf` makes of a target; it is asked once for each state object. */
export function createExposition(familiesOf: (state: TargetState) => readonly FamilySamples[]): Exposition {
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

  let keptTargets: readonly KeptTarget[] = [];
  let keptExporter: Kept = nothingKept;
  /** The finished blocks of the target families, header included, by name. */
  let blocks: ReadonlyMap<string, Buffer> = new Map();

  /** Serializes the fresh families of a part (samples → producer → exporter → serializer → lines) and keeps the others. */
  async function tell(part: Draft): Promise<Kept> {
    if (part.fresh.length === 0) return keep(part, nothingMade);
    parts = [{ name: part.name, families: part.fresh }];
    const { resourceMetrics, errors } = await exporter.collect();
    if (errors.length > 0) throw new AggregateError(errors, 'collection failed');
    const made = resourceMetrics.scopeMetrics.flatMap(({ metrics: told }) => told);
    return keep(part, new Map(made.map((metric) => [metric.descriptor.name, linesOf(serializer, metric)])));
  }

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

  /** Brings the target blocks up to date. */
  async function refreshTargets(
    targets: readonly TargetState[],
    pause: () => Promise<void> | undefined,
  ): Promise<void> {
    if (
      targets.length === keptTargets.length &&
      targets.every((state, index) => state === keptTargets[index]?.state)
    )
      return;
    const before = new Map(keptTargets.map((one) => [one.state.target, one]));
    const next: KeptTarget[] = [];
    const changedFamilies = new Set<string>();
    for (const state of targets) {
      const old = before.get(state.target);
      if (old?.state === state) {
        next.push(old);
        continue;
      }
      const one = draft(state.target, familiesOf(state), old?.families ?? nothingKept);
      const families = await tell(one);
      next.push({ state, families });
      for (const { row } of one.fresh) changedFamilies.add(metricName(row));
      for (const name of one.kept.keys()) if (!families.has(name)) changedFamilies.add(name);
      await pause();
    }
    // Another set or order of targets touches every family.
    const sameTargets =
      next.length === keptTargets.length &&
      next.every(({ state }, index) => state.target === keptTargets[index]?.state.target);
    blocks = await joinBlocks(next, sameTargets ? changedFamilies : undefined, pause);
    keptTargets = next;
  }

  async function joinBlocks(
    targets: readonly KeptTarget[],
    changed: ReadonlySet<string> | undefined,
    pause: () => Promise<void> | undefined,
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

  async function build(targets: readonly TargetState[], own: readonly FamilySamples[]): Promise<Page> {
    const pause = pauses();
    await refreshTargets(targets, pause);
    keptExporter = await tell(draft(exporterPart, own, keptExporter));
    // What changes at each scrape comes last and as one, so that what is known of the rest (its checksum) holds.
    let ownText = '';
    for (const [name, header] of headers) {
      const family = keptExporter.get(name);
      if (family !== undefined) ownText += header + family.lines;
    }
    return [...blocks.values(), Buffer.from(ownText)];
  }

  // Two scrapes at once would share what is being made.
  const serial = createSerial();

  return { page: (targets, own) => serial(() => build(targets, own)) };
}
