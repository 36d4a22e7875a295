/** The admin listener alone, over real TCP: who is admitted, and what is accepted. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAdminListener, noRefusals } from '../../../../src/tell/admin/admin-listener.ts';
import { type AdminSettings, checkAdmin, checkTokenFiles } from '../../../../src/tell/admin/admin-tokens.ts';
import {
  type AlertsAnswer,
  type AlertsRequest,
  alertsLimitBytes,
} from '../../../../src/tell/admin/alerts-call.ts';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'godrift-admin-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function tokenFile(folder: string, name: string, text: string, mode = 0o600): string {
  const file = join(folder, name);
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
  return file;
}

const good = 'a-token-of-some-length';
const other = 'another-token-of-length';

async function start(tokens: AdminSettings['tokens'], answer: AlertsAnswer = { status: 202, alerts: [] }) {
  const taken: AlertsRequest[] = [];
  const said: string[] = [];
  const refused = noRefusals();
  const listener = createAdminListener(
    { listen: '127.0.0.1:0', tokens },
    {
      alerts: async (request) => {
        taken.push(request);
        return answer;
      },
      markDeployment: async (body) => ({ ok: true, value: { marked: body } }),
      now: () => 7,
      problem: (name, why) => void said.push(`${name} ${why}`),
      refused: (reason) => {
        refused[reason]++;
      },
    },
  );
  const { port } = await listener.listen();
  onTestFinished(() => listener.close());
  const url = `http://127.0.0.1:${port}`;
  /** As curl has it: what was answered counts, also where the connection is cut before all was sent. */
  const post = async (path: string, body: string, headers: Record<string, string> = {}) => {
    const request = http.request({
      port,
      host: '127.0.0.1',
      path,
      method: 'POST',
      agent: false,
      headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...headers },
    });
    const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
    request.on('error', () => {});
    request.end(body);
    const [response] = await answered;
    let text = '';
    response.on('error', () => {});
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await new Promise((resolve) => response.once('close', resolve));
    return { status: response.statusCode, text, headers: response.headers };
  };
  return { port, url, post, taken, said, refused };
}
const alerts = '/api/v1/alertmanager';
const deployments = '/api/v1/deployments';
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

describe('the admin listener', () => {
  it('admits callers with a token of the right scope', async () => {
    const folder = scratch();
    const { post, taken } = await start([
      { file: tokenFile(folder, 'r', `${good}\n`), scope: 'rollback' },
      { file: tokenFile(folder, 'd', other), scope: 'deployments' },
    ]);
    expect(await post(alerts, '{"a":1}', bearer(good))).toMatchObject({ status: 202, text: '{"alerts":[]}' });
    expect(taken).toMatchObject([{ body: { a: 1 }, start: 7 }]);
    expect((await post(deployments, '{}', bearer(other))).status).toBe(201);
    expect(await post(alerts, '{}', bearer(other))).toMatchObject({
      status: 403,
      text: expect.stringContaining('rollback'),
    });
    expect((await post(deployments, '{}', bearer(good))).status).toBe(403);
    for (const headers of [
      {},
      bearer(''),
      bearer(`${good}x`),
      bearer(good.slice(1)),
      { Authorization: `Basic ${good}` },
    ]) {
      const refused = await post(alerts, '{}', headers as Record<string, string>);
      expect(refused, JSON.stringify(headers)).toMatchObject({ status: 401, text: 'no valid token\n' });
      expect(refused.headers['www-authenticate']).toContain('Bearer');
    }
    expect((await post(alerts, '{}', { Authorization: `bearer ${good}` })).status).toBe(202);
    expect(taken).toHaveLength(2);
  });

  it('reads its tokens for each request, and admits nobody by a file that is empty, missing, too short, of several lines, a FIFO or readable by others', async () => {
    const folder = scratch();
    const file = tokenFile(folder, 'r', good);
    const { post, said } = await start([{ file, scope: 'rollback' }]);
    const status = async (token: string) => (await post(alerts, '{}', bearer(token))).status;
    expect(await status(good)).toBe(202);
    writeFileSync(file, other);
    expect([await status(good), await status(other)]).toEqual([401, 202]);
    chmodSync(file, 0o640);
    expect(await status(other)).toBe(202);
    for (const mode of [0o644, 0o660, 0o602]) {
      chmodSync(file, mode);
      expect(await status(other), mode.toString(8)).toBe(401);
    }
    chmodSync(file, 0o600);
    for (const text of ['', '\n', 'short', `${other}\n${good}\n`, 'x'.repeat(5_000)]) {
      writeFileSync(file, text);
      for (const token of ['', text.trim().split('\n')[0] ?? '', other])
        expect(await status(token)).toBe(401);
    }
    writeFileSync(file, other);
    expect(await status(other)).toBe(202);
    if (process.getuid?.() === 0) {
      // Its owner knows it, whatever its mode says.
      chownSync(file, 4242, 0);
      expect(await status(other)).toBe(401);
      expect(said.at(-1)).toContain('it belongs to uid 4242');
    }
    rmSync(file);
    expect(await status(other)).toBe(401);
    execFileSync('mkfifo', ['-m', '600', file]);
    expect(await status(other)).toBe(401);
    expect(said.join('\n')).toContain('there is no such file');
    expect(said.join('\n')).not.toContain(other);
  });

  it('refuses bodies that are invalid, too deep, too long or of another type, and browsers, and has no other call', async () => {
    const { post, url, taken, refused } = await start([]);
    expect(await post(alerts, '{')).toMatchObject({ status: 400, text: 'the body is not JSON\n' });
    expect(await post(alerts, '['.repeat(100_000))).toMatchObject({
      status: 400,
      text: expect.stringContaining('32 levels'),
    });
    expect((await post(alerts, `"${'x'.repeat(alertsLimitBytes)}"`)).status).toBe(413);
    expect((await post(deployments, `"${'x'.repeat(70_000)}"`)).status).toBe(413);
    expect((await post(alerts, '{}', { 'Content-Type': 'text/plain' })).status).toBe(415);
    expect((await post(alerts, '{}', { Origin: 'http://evil.example' })).status).toBe(403);
    expect((await fetch(`${url}${alerts}`)).status).toBe(405);
    for (const path of [
      '/',
      '/api/v1/rollbacks',
      '/api/v1/targets',
      '/-/reload',
      `${alerts}/`,
      '/api/v1/../v1/settings',
    ])
      expect((await post(path, '{}')).status, path).toBe(404);
    expect(taken).toEqual([]);
    expect(refused).toEqual({
      invalid: 2,
      unauthorized: 0,
      forbidden: 1,
      too_large: 2,
      unsupported: 1,
      busy: 0,
    });
  });

  it('passes on the answer of the inbox', async () => {
    const full = await start([], { status: 429, problem: 'too many wait' });
    const answer = await full.post(alerts, '{}');
    expect(answer).toMatchObject({ status: 429, text: 'too many wait\n' });
    expect(answer.headers['retry-after']).toBe('60');
    expect(full.refused.busy).toBe(1);
    const traced = await start([]);
    await traced.post(alerts, '{}', { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` });
    expect(traced.taken[0]?.parent).toEqual({ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) });
  });

  it('reads a long body in pieces only up to its limit', async () => {
    const { port, taken } = await start([]);
    const socket = net.connect(port, '127.0.0.1');
    let said = '';
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    const head = `POST ${alerts} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    socket.write(head);
    const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    for (let index = 0; index < 40 && !socket.destroyed; index++) socket.write(piece);
    await once(socket, 'data').catch(() => {});
    expect(said).toContain('413');
    socket.destroy();
    expect(taken).toEqual([]);
  });
});

describe('checkAdmin', () => {
  it('admits nobody from other hosts without a token', () => {
    for (const listen of ['127.0.0.1:9465', 'localhost:0', '[::1]:9465', '127.1.2.3:1'])
      expect(() => checkAdmin({ listen, tokens: [] })).not.toThrow();
    for (const listen of [
      ':9465',
      '0.0.0.0:9465',
      '[::]:9465',
      'ci-1:9465',
      '10.0.0.1:9465',
      'localhost.evil.example:1',
    ]) {
      expect(() => checkAdmin({ listen, tokens: [] }), listen).toThrow('anybody who reaches it');
      expect(() => checkAdmin({ listen, tokens: [{ file: '/t', scope: 'rollback' }] })).not.toThrow();
    }
    expect(() => checkAdmin({ listen: 'nonsense', tokens: [] })).toThrow('admin.listen');
  });

  it('refuses an unusable token at the start', () => {
    expect(() => checkTokenFiles([{ file: '/no/such/token', scope: 'rollback' }])).toThrow(
      'there is no such file',
    );
  });
});
