import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { DriftRecord, ResolvedRecord } from '../../../src/drift/state.ts';
import { createOutbox, endpointConfigured, type OutboxLine } from '../../../src/tell/outbox.ts';
import { driftRecord, noon, resolvedRecord } from './states.ts';

afterEach(() => vi.unstubAllEnvs());

/** Polls until it holds; a test that waits for longer than this has failed. */
async function until(what: string, holds: () => boolean): Promise<void> {
  for (const limit = Date.now() + 100_000; !holds(); await wait(10))
    if (Date.now() > limit) throw new Error(`never: ${what}`);
}

/** An OTLP/HTTP backend on this machine that answers as told, in turn, then 200. */
async function backend(...answers: number[]) {
  const bodies: string[] = [];
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    bodies.push(Buffer.concat(chunks).toString());
    response.writeHead(answers.shift() ?? 200, { 'content-type': 'application/json' }).end('{}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { bodies };
}

/** A journal in memory, with the cursor of the outbox. */
function journal(...records: readonly unknown[]) {
  const lines: OutboxLine[] = [];
  const append = (record: unknown) =>
    lines.push({ seq: lines.length + 1, hash: `h${lines.length + 1}`, record });
  records.forEach(append);
  const moved: number[] = [];
  const logged: string[] = [];
  const ports = (position = 0) => ({
    position,
    firstRetryMs: 20,
    read: async function* (from: number) {
      yield* lines.filter(({ seq }) => seq >= from);
    },
    advance: async ({ seq }: { readonly seq: number }) => {
      moved.push(seq);
    },
    log: (message: string) => logged.push(message),
  });
  return { append, moved, logged, ports };
}

const at = (record: DriftRecord | ResolvedRecord, end: number) => ({
  ...record,
  end,
  span_id: end.toString(16).padStart(16, '0'),
});
const baseline = { type: 'baseline', target: 'api', kind: 'learned', fingerprint: 'sha256:' };

describe('the outbox', () => {
  it('sends what the journal holds, in order, and moves the cursor line by line', async () => {
    const { bodies } = await backend();
    const { moved, ports } = journal(driftRecord, baseline, resolvedRecord);
    const outbox = createOutbox(true, ports());
    outbox.kick();
    await outbox.flush(9_000);
    expect(moved).toEqual([1, 2, 3]);
    expect(bodies.map((body) => JSON.parse(body).resourceSpans[0].scopeSpans[0].spans.length)).toEqual([
      4, 1,
    ]);
    expect(outbox.stats()).toEqual({ pending: 0, exported: 5, dropped: 0 });
  });

  it('sends what is appended later, and nothing twice', async () => {
    const { bodies } = await backend();
    const { append, moved, ports } = journal(driftRecord);
    const outbox = createOutbox(true, ports());
    await outbox.flush(9_000);
    append(resolvedRecord);
    outbox.kick();
    outbox.kick();
    await until('the second line', () => moved.length === 2);
    await outbox.flush(9_000);
    expect(bodies).toHaveLength(2);
    expect(moved).toEqual([1, 2]);
  });

  it('starts behind the cursor', async () => {
    const { bodies } = await backend();
    const { moved, ports } = journal(driftRecord, resolvedRecord);
    await createOutbox(true, ports(1)).flush(9_000);
    expect(bodies).toHaveLength(1);
    expect(moved).toEqual([2]);
  });

  it.each([503, 500, 429, 401])(
    'keeps a line that the backend answered with %i, and sends the same bytes again',
    async (status) => {
      const { bodies } = await backend(status);
      const { moved, ports } = journal(driftRecord);
      const outbox = createOutbox(true, ports());
      outbox.kick();
      await until('the second attempt', () => moved.length === 1);
      expect(bodies).toHaveLength(2);
      expect(bodies[1]).toBe(bodies[0]);
      expect(outbox.stats()).toEqual({ pending: 0, exported: 4, dropped: 0 });
    },
  );

  it('says what waits while the backend is away', async () => {
    await backend(500);
    const { moved, logged, ports } = journal(at(driftRecord, noon + 1), at(resolvedRecord, noon + 2));
    const outbox = createOutbox(true, ports());
    outbox.kick();
    await until('the failure', () => logged.length > 0);
    expect(moved).toEqual([]);
    expect(outbox.stats()).toEqual({ pending: 5, oldest: noon + 1, exported: 0, dropped: 0 });
    await until('the second attempt', () => moved.length === 2);
    expect(outbox.stats()).toEqual({ pending: 0, exported: 5, dropped: 0 });
  });

  it.each([400, 413])('drops and counts what the backend refuses with %i, and goes on', async (status) => {
    const { bodies } = await backend(status);
    const { moved, ports } = journal(driftRecord, resolvedRecord);
    const outbox = createOutbox(true, ports());
    await outbox.flush(9_000);
    expect(bodies).toHaveLength(2);
    expect(moved).toEqual([1, 2]);
    expect(outbox.stats()).toEqual({ pending: 0, exported: 1, dropped: 4 });
  });

  it('passes a line that cannot be projected', async () => {
    await backend();
    const { moved, logged, ports } = journal({ type: 'drift', runs: 'what' }, resolvedRecord);
    const outbox = createOutbox(true, ports());
    await outbox.flush(9_000);
    expect(moved).toEqual([1, 2]);
    expect(logged).toHaveLength(1);
    expect(outbox.stats()).toMatchObject({ pending: 0, exported: 1 });
  });

  it('tries again when the journal cannot be read', async () => {
    await backend();
    const { moved, ports } = journal(driftRecord);
    let failing = true;
    const { read, ...rest } = ports();
    const outbox = createOutbox(true, {
      ...rest,
      read: (from) => {
        if (failing) throw new Error('EIO');
        return read(from);
      },
    });
    outbox.kick();
    failing = false;
    await until('the second attempt', () => moved.length === 1);
  });

  it('gives up waiting at the deadline of a flush', async () => {
    const { bodies } = await backend(...Array.from({ length: 99 }, () => 503));
    const { moved, ports } = journal(driftRecord);
    await createOutbox(true, ports()).flush(100);
    expect(bodies.length).toBeGreaterThan(0);
    expect(moved).toEqual([]);
  });

  it('sends nothing without an endpoint, and nothing waits', async () => {
    const { bodies } = await backend();
    const { ports } = journal(driftRecord);
    const outbox = createOutbox(false, ports());
    await outbox.flush(9_000);
    expect(bodies).toEqual([]);
    expect(outbox.stats()).toEqual({ pending: 0, exported: 0, dropped: 0 });
  });

  it('sends no variable of this process', async () => {
    vi.stubEnv('GOAUTH', 'planted-secret');
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'token=planted-secret');
    const { bodies } = await backend();
    const { ports } = journal(driftRecord);
    await createOutbox(true, ports()).flush(9_000);
    expect(bodies).toHaveLength(1);
    expect(bodies.join()).not.toContain('planted-secret');
  });
});

describe('endpointConfigured', () => {
  const of = (env: Record<string, string>) => endpointConfigured(new Map(Object.entries(env)));
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' };

  it('reads the standard variables', () => {
    expect(of({})).toBe(false);
    expect(of(endpoint)).toBe(true);
    expect(of({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://localhost:4318/v1/traces' })).toBe(true);
    expect(of({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toBe(false);
    expect(of({ ...endpoint, OTEL_SDK_DISABLED: 'TRUE' })).toBe(false);
    expect(of({ ...endpoint, OTEL_SDK_DISABLED: 'false' })).toBe(true);
    expect(of({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' })).toBe(false);
  });
});
