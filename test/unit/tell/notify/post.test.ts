import { afterEach, describe, expect, it, vi } from 'vitest';
import { createHttpClient } from '../../../../src/host/http-client.ts';
import { deliver, request } from '../../../../src/tell/notify/post.ts';
import { type Answer, type Receiver, startReceiver } from '../../../lab/receiver.ts';

const client = createHttpClient({ userAgent: 'godrift/1', proxyFor: () => undefined });
const open: Receiver[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** Posts to a receiver that gives these answers in turn, and then repeats the last one. */
async function postTo(answers: readonly Answer[], limits: Partial<Parameters<typeof deliver>[1]> = {}) {
  const receiver = await startReceiver((_, index) => answers[Math.min(index, answers.length - 1)] ?? {});
  open.push(receiver);
  // Long, so that a busy machine is no silent receiver.
  const options = { limitMs: 120_000, requestMs: 60_000, pauseMs: 5, ...limits };
  const url = new URL(`${receiver.url}/hook/s3cret`);
  const outcome = await deliver((limit) => request(client, { url, body: { a: 1 } }, limit), options).then(
    () => 'sent',
    (error: Error) => error.message,
  );
  return { outcome, requests: receiver.received.length };
}

describe('deliver', () => {
  it.each<[string, readonly Answer[], string, number]>([
    ['taken at once', [{}], 'sent', 1],
    ['500 and then taken', [{ status: 500 }, { status: 503 }, {}], 'sent', 3],
    ['429 with a short Retry-After', [{ status: 429, headers: { 'Retry-After': '0' } }, {}], 'sent', 2],
    [
      '429 with one that is too long',
      [{ status: 429, headers: { 'Retry-After': '600' } }],
      'it answered 429 and asks to wait 600 s',
      1,
    ],
    ['400', [{ status: 400, body: 's3cret' }, {}], 'it answered 400', 1],
    ['404', [{ status: 404 }, {}], 'it answered 404', 1],
    ['a redirect', [{ status: 302, headers: { Location: 'http://127.0.0.1:1/' } }], 'it answered 302', 1],
  ])('%s', async (_, answers, outcome, requests) => {
    expect(await postTo(answers)).toEqual({ outcome, requests });
  });

  it('retries after a timeout', async () => {
    const { outcome, requests } = await postTo([{ silent: true }, {}], { requestMs: 1_000 });
    expect(outcome).toBe('sent');
    expect(requests).toBeGreaterThan(1);
  });

  it('keeps its time limit when the clock is set', async () => {
    const { now } = Date;
    let hours = 0;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + hours++ * 3_600_000);
    const patience = { status: 429, headers: { 'Retry-After': '1' } };
    expect(await postTo([patience, {}])).toEqual({ outcome: 'sent', requests: 2 });
    expect(hours).toBeGreaterThan(0);
    clock.mockRestore();
  });

  it('gives up after its time limit', async () => {
    const { outcome, requests } = await postTo([{ status: 500 }], { limitMs: 3_000 });
    expect(outcome).toBe('it answered 500');
    expect(requests).toBeGreaterThan(1);
  });

  it('reports the error of the network, without an address', async () => {
    const gone = await startReceiver();
    await gone.close();
    const url = new URL(`${gone.url}/hook/s3cret`);
    const options = { limitMs: 2_000, requestMs: 1_000, pauseMs: 5 };
    await expect(deliver((limit) => request(client, { url, body: {} }, limit), options)).rejects.toThrow(
      /^ECONNREFUSED$/,
    );
  });
});

describe('request', () => {
  it('reads a bounded part of an answer', async () => {
    const receiver = await startReceiver(() => ({ body: 'a'.repeat(5_000_000) }));
    open.push(receiver);
    const limit = { timeoutMs: 60_000, signal: AbortSignal.timeout(60_000) };
    const text = await request(client, { url: new URL(receiver.url), body: {} }, limit);
    expect(text).toBe('a'.repeat(65_536));
  });
});
