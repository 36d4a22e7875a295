import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { DriftRecord, JournalEvent, ResolvedRecord } from '../../../../src/drift/events.ts';
import {
  createSender,
  endpointConfigured,
  noSender,
  readEndpoint,
} from '../../../../src/tell/outbox/endpoint.ts';
import {
  createOutbox,
  idleOutbox,
  type OutboxLine,
  type OutboxPorts,
} from '../../../../src/tell/outbox/outbox.ts';
import { driftRecord, noon, resolvedRecord } from '../states.ts';

afterEach(() => vi.unstubAllEnvs());

const none = idleOutbox;

/** Polls until it holds; a test that waits for longer than this has failed. */
async function until(what: string, holds: () => boolean): Promise<void> {
  for (const limit = Date.now() + 100_000; !holds(); await wait(10))
    if (Date.now() > limit) throw new Error(`never: ${what}`);
}

/** An OTLP/HTTP backend on this machine that gives these answers in turn, then 200. */
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
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const endpoint = await readEndpoint(new Map([['OTEL_EXPORTER_OTLP_ENDPOINT', url]]), () => {});
  if ('why' in endpoint) throw new Error('no endpoint');
  return {
    bodies,
    sender: createSender(endpoint, { userAgent: 'godrift/1', proxyFor: () => undefined }, Date.now),
  };
}

/** A journal in memory, with the cursor of the outbox. */
function journal(...records: readonly unknown[]) {
  const lines: OutboxLine[] = [];
  let last = 0;
  const append = (record: unknown) =>
    lines.push({ seq: ++last, hash: `h${last}`, event: record as JournalEvent });
  /** Takes the last line away; the numbers go on. */
  const cut = () => lines.pop();
  records.forEach(append);
  const moved: number[] = [];
  const logged: string[] = [];
  const ports = (sender: OutboxPorts['sender'], position = 0): OutboxPorts => ({
    position: { seq: position, hash: '' },
    sender,
    waits: { firstMs: 20, capMs: 20, retryAfterCapMs: 20 },
    head: () => lines.at(-1) ?? { seq: 0, hash: '' },
    reader: (behind) => {
      let at = behind;
      return async function* () {
        for (const line of lines.filter(({ seq }) => seq > at)) {
          at = line.seq;
          yield line;
        }
      };
    },
    overflow: async () => undefined,
    advance: async ({ seq }) => {
      moved.push(seq);
    },
    log: (message, fields) => logged.push(`${message} ${JSON.stringify(fields)}`),
    now: () => performance.now(),
    chance: () => 0,
  });
  return { append, cut, moved, logged, ports };
}

const at = (record: DriftRecord | ResolvedRecord, end: number) => ({
  ...record,
  end,
  span_id: end.toString(16).padStart(16, '0'),
});
const baseline = { type: 'baseline', target: 'api', kind: 'learned', fingerprint: 'sha256:' };

describe('the outbox', () => {
  it('sends what the journal holds, in order and in one request, and moves the cursor behind it', async () => {
    const { bodies, sender } = await backend();
    const { moved, ports } = journal(driftRecord, baseline, resolvedRecord);
    const outbox = createOutbox(ports(sender));
    outbox.kick();
    await outbox.flush(9_000);
    expect(moved).toEqual([3]);
    const spans = bodies.flatMap((body) =>
      JSON.parse(body).resourceSpans.map(
        (one: { scopeSpans: { spans: unknown[] }[] }) => one.scopeSpans[0]?.spans.length,
      ),
    );
    expect(spans).toEqual([4, 1]);
    expect(outbox.stats()).toEqual({ ...none, exported: 5 });
  });

  it('sends what is appended later, and nothing twice', async () => {
    const { bodies, sender } = await backend();
    const { append, moved, ports } = journal(driftRecord);
    const outbox = createOutbox(ports(sender));
    outbox.kick();
    await until('the first line', () => moved.length === 1);
    append(resolvedRecord);
    outbox.kick();
    outbox.kick();
    await until('the second line', () => moved.length === 2);
    await outbox.flush(9_000);
    expect(bodies).toHaveLength(2);
    expect(moved).toEqual([1, 2]);
  });

  it('starts behind the cursor', async () => {
    const { bodies, sender } = await backend();
    const { moved, ports } = journal(driftRecord, resolvedRecord);
    await createOutbox(ports(sender, 1)).flush(9_000);
    expect(bodies).toHaveLength(1);
    expect(moved).toEqual([2]);
  });

  it.each([503, 500, 429, 408])(
    'keeps a line that the backend answered with %i, and sends the same bytes again',
    async (status) => {
      const { bodies, sender } = await backend(status);
      const { moved, ports } = journal(driftRecord);
      const outbox = createOutbox(ports(sender));
      outbox.kick();
      await until('the second attempt', () => moved.length === 1);
      expect(bodies).toHaveLength(2);
      expect(bodies[1]).toBe(bodies[0]);
      expect(outbox.stats()).toMatchObject({ pending: 0, exported: 4, failed: { unavailable: 1 } });
    },
  );

  it('reports what waits while the backend is down', async () => {
    const { sender } = await backend(500);
    const { moved, logged, ports } = journal(at(driftRecord, noon + 1), at(resolvedRecord, noon + 2));
    const outbox = createOutbox(ports(sender));
    outbox.kick();
    await until('the failure', () => logged.length > 0);
    expect(moved).toEqual([]);
    expect(outbox.stats()).toMatchObject({ pending: 5, oldest: noon + 1, exported: 0 });
    await until('the second attempt', () => moved.length === 1);
    expect(outbox.stats()).toMatchObject({ pending: 0, exported: 5 });
    expect(outbox.stats()).not.toHaveProperty('oldest');
  });

  it.each([
    [400, 'refused'],
    [413, 'too_large'],
  ])(
    'splits what the backend refuses with %i, drops and counts only what it refuses alone',
    async (status, reason) => {
      const { bodies, sender } = await backend(status, status);
      const { moved, ports } = journal(driftRecord, resolvedRecord);
      const outbox = createOutbox(ports(sender));
      await outbox.flush(9_000);
      expect(bodies).toHaveLength(3);
      expect(moved).toEqual([1, 2]);
      expect(outbox.stats()).toEqual({ ...none, exported: 1, dropped: { ...none.dropped, [reason]: 4 } });
    },
  );

  it.each([302, 401, 403, 404, 405])('keeps spans answered with %i, and says so', async (status) => {
    const { bodies, sender } = await backend(status, status);
    const { moved, logged, ports } = journal(driftRecord, resolvedRecord);
    const outbox = createOutbox(ports(sender));
    outbox.kick();
    await until('the third attempt', () => moved.length === 1);
    expect(bodies).toHaveLength(3);
    expect(logged).toEqual([expect.stringContaining(`it answered ${status}`)]);
    expect(outbox.stats()).toEqual({ ...none, exported: 5, failed: { ...none.failed, turned_away: 2 } });
  });

  it('keeps everything while the endpoint cannot be used', async () => {
    const { moved, logged, ports } = journal(driftRecord);
    const outbox = createOutbox(ports(noSender('the OTLP endpoint is no http or https address')));
    outbox.kick();
    await until('the first attempt', () => logged.length > 0);
    await outbox.flush(9_000);
    expect(moved).toEqual([]);
    expect(outbox.stats()).toMatchObject({ pending: 4, exported: 0, dropped: none.dropped });
    expect(outbox.stats().failed.no_endpoint).toBeGreaterThan(0);
  });

  it('skips a line that cannot be projected', async () => {
    const { sender } = await backend();
    const { moved, logged, ports } = journal({ type: 'drift', runs: 'what' }, resolvedRecord);
    const outbox = createOutbox(ports(sender));
    await outbox.flush(9_000);
    expect(moved).toEqual([1, 2]);
    expect(logged).toHaveLength(1);
    expect(outbox.stats()).toMatchObject({ pending: 0, exported: 1, dropped: { invalid: 1 } });
  });

  it('tries again when the journal cannot be read', async () => {
    const { sender } = await backend();
    const { moved, logged, ports } = journal(driftRecord);
    let failing = true;
    const usual = ports(sender);
    const outbox = createOutbox({
      ...usual,
      reader: (behind) => {
        const read = usual.reader(behind);
        return () => {
          if (failing) throw new Error('EIO');
          return read();
        };
      },
    });
    outbox.kick();
    await until('a problem', () => logged.length > 0);
    failing = false;
    await until('the second attempt', () => moved.length === 1);
  });

  it('gives up the oldest lines when too many wait', async () => {
    const { sender } = await backend(...Array.from({ length: 999 }, () => 503));
    const { append, moved, ports } = journal(driftRecord, driftRecord);
    const outbox = createOutbox({
      ...ports(sender),
      overflow: async (behind) => (behind < 2 ? 2 : undefined),
    });
    outbox.kick();
    append(resolvedRecord);
    await until('the oldest to go', () => moved.includes(2));
    await until('the last to be counted', () => outbox.stats().pending === 1);
    expect(outbox.stats()).toMatchObject({ exported: 0, dropped: { overflow: 8 } });
    await outbox.flush(100);
  });

  it('counts what is cut out of the journal before it was sent, and sends what comes then', async () => {
    let well = false;
    const sender = {
      post: async () =>
        well
          ? ({ ok: true, status: 200, retryAfterMs: undefined, body: '{}', truncated: false } as const)
          : ({ ok: false, why: 'away' } as const),
      close: () => {},
    };
    const { append, cut, logged, ports } = journal(driftRecord);
    const outbox = createOutbox(ports(sender));
    outbox.kick();
    await until('a failed attempt', () => logged.length > 0);
    append(driftRecord);
    outbox.kick();
    await until('both to be counted', () => outbox.stats().pending === 8);
    cut();
    append(resolvedRecord);
    well = true;
    await until('the rest', () => outbox.stats().exported === 5);
    await until('the end', () => outbox.stats().pending === 0);
    expect(outbox.stats().dropped).toEqual({ ...none.dropped, lost: 4 });
    expect(logged.at(-1)).toContain('cut out of the journal');
    await outbox.flush(9_000);
  });

  it('gives up waiting at the deadline of a flush', async () => {
    const { bodies, sender } = await backend(...Array.from({ length: 99 }, () => 503));
    const { moved, ports } = journal(driftRecord);
    // Long enough for a first request on a busy machine, short beside 99 of them.
    await createOutbox(ports(sender)).flush(5_000);
    expect(bodies.length).toBeGreaterThan(0);
    expect(moved).toEqual([]);
  });

  it('sends nothing without an endpoint, and nothing waits', async () => {
    const { bodies } = await backend();
    const { moved, ports } = journal(driftRecord);
    const outbox = createOutbox(ports(undefined));
    await outbox.flush(9_000);
    expect(bodies).toEqual([]);
    expect(outbox.stats()).toEqual(none);
    // The past is not sent to an endpoint that is configured later.
    expect(moved).toEqual([1]);
  });

  it('sends no variable of this process', async () => {
    vi.stubEnv('GOAUTH', 'planted-secret');
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'token=planted-secret');
    const { bodies, sender } = await backend();
    const { ports } = journal(driftRecord);
    await createOutbox(ports(sender)).flush(9_000);
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

describe('readEndpoint', () => {
  it.each(['127.0.0.1:4318', 'collector', 'ftp://collector', 'http://', '://'])(
    'takes %s for no address',
    (url) => {
      const said: string[] = [];
      const read = readEndpoint(new Map([['OTEL_EXPORTER_OTLP_ENDPOINT', url]]), (text) => said.push(text));
      expect(read).toMatchObject({ wanted: true });
      expect(said).toEqual([expect.stringContaining('no http or https address')]);
    },
  );

  const withEndpoint = (more: Readonly<Record<string, string>>) => {
    const said: string[] = [];
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', ...more };
    const read = readEndpoint(new Map(Object.entries(env)), (text) => said.push(text));
    if ('why' in read) throw new Error(read.why);
    return { ...read, said };
  };

  it('leaves out a header that HTTP does not allow, and says where without its value', () => {
    const { headers, said } = withEndpoint({
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=s3cret,bad header=s3cret, nothing,x=%0As3cret,snow=\u2603,',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'tenant=a%20b,=s3cret',
    });
    expect(headers).toEqual({ 'api-key': 's3cret', tenant: 'a b' });
    expect(said.map((line) => /number \d in \w+/.exec(line)?.[0])).toEqual([
      ...[2, 3, 4, 5].map((at) => `number ${at} in OTEL_EXPORTER_OTLP_HEADERS`),
      'number 2 in OTEL_EXPORTER_OTLP_TRACES_HEADERS',
    ]);
    expect(said.join()).not.toContain('s3cret');
  });

  it.each(['abc', '-1', '0', '9999999999'])('says that %s is no timeout, and takes the default', (value) => {
    const { timeoutMs, said } = withEndpoint({ OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: value });
    expect(timeoutMs).toBe(10_000);
    expect(said).toEqual([expect.stringMatching(/^OTEL_EXPORTER_OTLP_TRACES_TIMEOUT is no number of ms/)]);
  });

  it('says that a compression is not known, and what is in the file of which variable', () => {
    expect(withEndpoint({ OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd' })).toMatchObject({
      gzip: false,
      said: [expect.stringMatching(/^OTEL_EXPORTER_OTLP_COMPRESSION is neither gzip nor none/)],
    });
    expect(withEndpoint({ OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: '/absent' }).said).toEqual([
      expect.stringContaining('OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE'),
    ]);
    const fine = { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip', OTEL_EXPORTER_OTLP_TIMEOUT: '2000' };
    expect(withEndpoint(fine)).toMatchObject({ gzip: true, timeoutMs: 2000, said: [] });
  });

  it('says that none is configured', () => {
    expect(readEndpoint(new Map(), () => {})).toMatchObject({ wanted: false });
  });
});
