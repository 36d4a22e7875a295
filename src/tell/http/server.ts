/**
 * The maker of every HTTP server of godrift, the metrics listener's and the admin socket's: what one client, or all together, may make it
 * keep or do. HTTP/1.1 lets a client send requests without reading answers (RFC 9112 §9.3.2, pipelining), and Node starts on each as
 * soon as it is parsed: without a bound, some kilobytes of requests are gigabytes of answers.
 */
import http from 'node:http';
import type { Socket } from 'node:net';

export interface HttpServerOptions {
  /** Answers one request. It may find that its client is gone: {@link isGone}. */
  readonly handle: (request: http.IncomingMessage, response: http.ServerResponse) => void;
  /** Requests that cost nothing and are answered however many others are (the health check). */
  readonly urgent?: (path: string) => boolean;
  /** How long an answer may take from its request to its last byte, ms; 30 s unless told. Then the connection is cut. */
  readonly answerMs?: number;
  /** Requests that all connections together may have open; 64 unless told. */
  readonly maxOpen?: number;
}

/** More than Prometheus opens; who fills them loses the connection that was silent for longest. */
const maxConnections = 256;
/** Requests that one connection may have open. Prometheus, browsers and curl send the next when the last is answered. */
const maxOnConnection = 8;
/** Requests that all connections together may have open, unless told. */
const usualOpen = 64;
/** A client that took no answer for this long gives way when so many are open; one that was refused has as long to take what is due, ms. */
const stalledMs = 1_000;

/** Slow clients are cut; Node looks for them every 30 s unless told. */
const timeouts = {
  headersTimeout: 3_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 500,
  maxHeaderSize: 16 * 1024,
  /** Longer than the usual scrape interval, so that a connection is used again. */
  keepAliveTimeout: 75_000,
};
/** A connection on which nothing moves: a client that sends nothing and reads nothing. */
const silenceMs = 75_000;

interface Connection {
  open: number;
  /** The client went over its bound: what it sent behind that is not looked at. */
  refused: boolean;
  lastActive: number;
}

/** Whether nobody waits for the answer any more; what is still to be done for it should not be. */
export function isGone(response: http.ServerResponse): boolean {
  // Of pipelined requests only the answer whose turn it is has the socket; the requests have it all.
  return response.destroyed || response.req.socket.destroyed;
}

/** Stops reading requests for good: Node reads on after each request (readStart in its _http_incoming.js), so that a pause alone does not last. */
function stopReading(socket: Socket): void {
  socket.pause();
  socket.resume = () => socket;
}

function refuse(response: http.ServerResponse): void {
  const text = 'too many requests at once\n';
  response.writeHead(503, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': text.length,
    'Retry-After': '1',
    Connection: 'close',
  });
  response.end(text);
}

/** Makes a server that does not listen yet. */
export function createHttpServer({
  handle,
  urgent = () => false,
  answerMs = 30_000,
  maxOpen = usualOpen,
}: HttpServerOptions): http.Server {
  const connections = new Map<Socket, Connection>();
  /** Open requests that are not urgent and since when, the oldest first. */
  const open = new Map<http.ServerResponse, { readonly socket: Socket; readonly since: number }>();

  /** Makes room by cutting the client that has not taken its answer for longest. */
  function cutStalled(now: number): boolean {
    const [oldest] = open.values();
    if (oldest === undefined || now - oldest.since < stalledMs) return false;
    for (const [response, { socket }] of open) if (socket === oldest.socket) open.delete(response);
    oldest.socket.destroy();
    return true;
  }

  function serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { socket } = request;
    const connection = connections.get(socket);
    // Without an answer these end with their connection, which the refusal before them closes.
    if (connection === undefined || connection.refused) return;
    const now = performance.now();
    connection.lastActive = now;
    const isUrgent = urgent(request.url ?? '');
    const overAll = !isUrgent && open.size >= maxOpen && !cutStalled(now);
    if (connection.open >= maxOnConnection || overAll) {
      connection.refused = true;
      stopReading(socket);
      setTimeout(() => socket.destroy(), stalledMs).unref();
      refuse(response);
      return;
    }
    connection.open++;
    if (!isUrgent) open.set(response, { socket, since: now });
    const limit = setTimeout(() => socket.destroy(), answerMs);
    limit.unref();
    response.once('close', () => {
      clearTimeout(limit);
      open.delete(response);
      connection.open--;
      connection.lastActive = performance.now();
    });
    handle(request, response);
  }

  /** Keeps the newcomer: a client that holds many silent connections shuts out only itself. */
  function admit(socket: Socket): void {
    if (connections.size >= maxConnections) {
      let silent: Socket | undefined;
      for (const [other, { open: requests, lastActive }] of connections)
        if (requests === 0 && lastActive < (connections.get(silent as Socket)?.lastActive ?? Infinity))
          silent = other;
      if (silent === undefined) {
        socket.destroy();
        return;
      }
      connections.delete(silent);
      silent.destroy();
    }
    connections.set(socket, { open: 0, refused: false, lastActive: performance.now() });
    socket.once('close', () => connections.delete(socket));
  }

  const server = http.createServer(timeouts, serve);
  server.on('connection', admit);
  server.setTimeout(silenceMs);
  return server;
}

/** Stops a server that listens, or does not yet; connections that are still open after `graceMs` are cut. */
export function closeHttpServer(server: http.Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
