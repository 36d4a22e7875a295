/**
 * The maker of every HTTP server of godrift, the metrics listener's and the admin socket's: what one client, or all together, may make it
 * keep or do. HTTP/1.1 lets a client send requests without reading answers (RFC 9112 §9.3.2, pipelining), and Node starts on each as
 * soon as it is parsed: without a bound, some kilobytes of requests are gigabytes of answers.
 */
import http from 'node:http';
import type { Socket } from 'node:net';

/** Who may come in, and over what: TLS, client certificates, users (tell/http/web-gate.ts). */
export interface Gate {
  /** Makes what takes the new connections of one server: what is let in is handed to `serve`, the rest is closed. */
  readonly door: (serve: (socket: Socket, raw: Socket) => void) => (raw: Socket) => void;
  /** Whether a request is let in; one that is not has been answered. */
  readonly admit: (request: http.IncomingMessage, response: http.ServerResponse) => Promise<boolean>;
}

export interface HttpServerOptions {
  /** Answers one request. It may find that its client is gone: {@link isGone}. */
  readonly handle: (request: http.IncomingMessage, response: http.ServerResponse) => void;
  /** Requests that cost nothing and are answered however many others are (the health check). */
  readonly urgent?: (path: string) => boolean;
  /** How long an answer may take from its request to its last byte, ms; 30 s unless told. Then the connection is cut. */
  readonly answerMs?: number;
  /** Requests that all connections together may have open; 64 unless told. */
  readonly maxOpen?: number;
  /** Everybody is let in without TLS unless told. */
  readonly gate?: Gate;
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

/** What all servers of one listener, one for each of its addresses, may have open together. */
class Bounds {
  readonly #maxOpen: number;
  readonly #connections = new Map<Socket, Connection>();
  /** Open requests that are not urgent and since when, the oldest first. */
  readonly #open = new Map<http.ServerResponse, { readonly socket: Socket; readonly since: number }>();

  constructor(maxOpen: number) {
    this.#maxOpen = maxOpen;
  }

  /** Makes room by cutting the client that has not taken its answer for longest. */
  #cutStalled(now: number): boolean {
    const [oldest] = this.#open.values();
    if (oldest === undefined || now - oldest.since < stalledMs) return false;
    for (const [response, { socket }] of this.#open)
      if (socket === oldest.socket) this.#open.delete(response);
    oldest.socket.destroy();
    return true;
  }

  /** Whether an answer to this request may be begun; one that may not is refused, or ends with its connection. */
  begin({ socket }: http.IncomingMessage, response: http.ServerResponse, isUrgent: boolean): boolean {
    const connection = this.#connections.get(socket);
    // Without an answer these end with their connection, which the refusal before them closes.
    if (connection === undefined || connection.refused) return false;
    const now = performance.now();
    connection.lastActive = now;
    const overAll = !isUrgent && this.#open.size >= this.#maxOpen && !this.#cutStalled(now);
    if (connection.open >= maxOnConnection || overAll) {
      connection.refused = true;
      stopReading(socket);
      setTimeout(() => socket.destroy(), stalledMs).unref();
      refuse(response);
      return false;
    }
    connection.open++;
    if (!isUrgent) this.#open.set(response, { socket, since: now });
    response.once('close', () => {
      this.#open.delete(response);
      connection.open--;
      connection.lastActive = performance.now();
    });
    return true;
  }

  /** Keeps the newcomer: a client that holds many silent connections shuts out only itself. */
  admit(socket: Socket): void {
    if (this.#connections.size >= maxConnections) {
      let silent: Socket | undefined;
      for (const [other, { open: requests, lastActive }] of this.#connections)
        if (
          requests === 0 &&
          lastActive < (this.#connections.get(silent as Socket)?.lastActive ?? Number.POSITIVE_INFINITY)
        )
          silent = other;
      if (silent === undefined) {
        socket.destroy();
        return;
      }
      this.#connections.delete(silent);
      silent.destroy();
    }
    this.#add(socket);
  }

  #add(socket: Socket): void {
    this.#connections.set(socket, { open: 0, refused: false, lastActive: performance.now() });
    socket.once('close', () => this.#connections.delete(socket));
  }

  /** A connection goes on under another object: that of its TLS. One that was closed meanwhile does not. */
  goesOn(raw: Socket, socket: Socket): boolean {
    if (raw === socket) return !raw.destroyed;
    if (!this.#connections.delete(raw)) return false;
    this.#add(socket);
    return true;
  }
}

/** Has every connection pass a gate before HTTP is spoken on it. */
function guardConnections(server: http.Server, gate: Gate, bounds: Bounds): void {
  const speakHttp = server.listeners('connection');
  server.removeAllListeners('connection');
  const open = gate.door((socket, raw) => {
    if (!bounds.goesOn(raw, socket)) return void socket.destroy();
    for (const listener of speakHttp) listener.call(server, socket);
  });
  server.on('connection', (raw) => {
    bounds.admit(raw);
    if (!raw.destroyed) open(raw);
  });
}

/** Makes servers, one for each address, that do not listen yet and share what they may have open. */
export function httpServerMaker(options: HttpServerOptions): () => http.Server {
  const { handle, urgent = () => false, answerMs = 30_000, maxOpen = usualOpen, gate } = options;
  const bounds = new Bounds(maxOpen);

  function serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { socket } = request;
    if (!bounds.begin(request, response, urgent(request.url ?? ''))) return;
    const limit = setTimeout(() => socket.destroy(), answerMs);
    limit.unref();
    response.once('close', () => clearTimeout(limit));
    if (gate === undefined) return void handle(request, response);
    void gate.admit(request, response).then(
      (isLetIn) => {
        if (isLetIn && !isGone(response)) handle(request, response);
      },
      () => socket.destroy(),
    );
  }

  return () => {
    const server = http.createServer(timeouts, serve);
    if (gate === undefined) server.on('connection', (socket) => bounds.admit(socket));
    else guardConnections(server, gate, bounds);
    server.setTimeout(silenceMs);
    return server;
  };
}

/** Makes a server that does not listen yet. */
export function createHttpServer(options: HttpServerOptions): http.Server {
  return httpServerMaker(options)();
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
