// A reference exporter written in Go (test/servers/peer), and a client that sends the same requests to it and
// to godrift.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { execa } from 'execa';
import type { Certificate } from './certificates.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './ports.ts';
import { ensureServer } from './servers.ts';

/** A running peer. */
export interface Peer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a peer with a web configuration file, and waits until it listens. */
export async function startPeer(webConfigFile: string): Promise<Peer> {
  const [port = 0] = await freePorts(1);
  const child = execa(await ensureServer('peer'), [`127.0.0.1:${port}`, webConfigFile], {
    env: { PATH: '/usr/bin:/bin' },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    all: true,
  });
  let ended = false;
  void child.then(() => {
    ended = true;
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await child;
  };
  await eventually('the peer to listen', async () => {
    if (ended) throw new Error((await child).all ?? 'the peer ended');
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    return true;
  });
  return { port, stop };
}

/** A request to an exporter. */
export interface Request {
  /** TLS unless false. */
  readonly tls?: boolean;
  readonly path?: string;
  readonly client?: Certificate;
  readonly version?: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers?: string;
  readonly authorization?: string;
  readonly method?: string;
}

export interface Answer {
  /** `none`: the connection ended without an answer. */
  readonly status: number | 'none';
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Serial number of the server's certificate. */
  readonly serial?: string;
}

/** Sends one request on a new connection. */
export async function ask(port: number, wanted: Request = {}): Promise<Answer> {
  const { tls = true, path = '/metrics', client, version, ciphers, authorization, method = 'GET' } = wanted;
  const options: https.RequestOptions = {
    host: '127.0.0.1',
    port,
    path,
    method,
    agent: false,
    rejectUnauthorized: false,
    headers: authorization === undefined ? {} : { authorization },
    ...(client === undefined ? {} : { cert: readFileSync(client.cert), key: readFileSync(client.key) }),
    ...(version === undefined ? {} : { minVersion: version, maxVersion: version }),
    // Without a lower security level this client does not speak TLS 1.1.
    ...(version === 'TLSv1.1' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : ciphers === undefined ? {} : { ciphers }),
  };
  const request = tls ? https.request(options) : http.request(options);
  try {
    const [response] = (await once(request.end(), 'response')) as [http.IncomingMessage];
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(response, 'end');
    const serial = tls
      ? (request.socket as import('node:tls').TLSSocket).getPeerCertificate().serialNumber
      : undefined;
    return {
      status: response.statusCode ?? 'none',
      headers: response.headers,
      body: Buffer.concat(chunks).toString(),
      ...(serial === undefined ? {} : { serial }),
    };
  } catch (error) {
    return { status: 'none', headers: {}, body: String(error) };
  }
}
