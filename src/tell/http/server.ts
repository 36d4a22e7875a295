/**
 * Creates every HTTP server of godrift (metrics listener, admin listener, admin socket) and bounds what one
 * client, or all together, can make it hold or do. HTTP/1.1 lets a client send requests without reading
 * answers (pipelining, RFC 9112 §9.3.2), and Node starts each as soon as it is parsed: without bounds, a few
 * kilobytes of requests become gigabytes of answers.
 */
import http from 'node:http';
import type { Socket } from 'node:net';

/** Decides who is admitted: TLS, client certificates, users (web-gate.ts). */
export interface Gate {
  /**
   * Returns the handler of a server's new connections. Admitted connections are passed to `serve`, others are
   * closed.
   */
  readonly door: (serve: (socket: Socket, raw: Socket) => void) => (raw: Socket) => void;
  /** Resolves to whether a request is admitted. A refused request has already been answered. */
  readonly admit: (request: http.IncomingMessage, response: http.ServerResponse) => Promise<boolean>;
}

export interface HttpServerOptions {
  /** Answers one request. The client may be gone by then: {@link isGone}. */
  readonly handle: (request: http.IncomingMessage, response: http.ServerResponse) => void;
  /** Reports whether a path is cheap and is answered regardless of the load (the health check). */
  readonly urgent?: (path: string) => boolean;
  /**
   * Time limit from a request to the last byte of its answer, in ms; 30 s by default. Then the connection is
   * closed.
   */
  readonly answerMs?: number;
  /** Most open requests over all connections; 64 by default. */
  readonly maxOpen?: number;
  /** Without a gate everybody is admitted, without TLS. */
  readonly gate?: Gate;
}

/** Most connections, more than Prometheus opens. A new one replaces the one that was idle for longest. */
const maxConnections = 256;
/**
 * Most open requests of one connection. Prometheus, browsers and curl send the next when the last is
 * answered.
 */
const maxOnConnection = 8;
/** Default for the most open requests over all connections. */
const usualOpen = 64;
/**
 * A client that did not take an answer for this long is disconnected when a slot is needed. A refused client
 * has as long to read its refusal. In ms.
 */
const stalledMs = 1_000;

/** Timeouts for slow clients. Node's default is to check for them every 30 s. */
const timeouts = {
  headersTimeout: 3_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 500,
  maxHeaderSize: 16 * 1024,
  /** Longer than the usual scrape interval, so that connections are reused. */
  keepAliveTimeout: 75_000,
};
/** Timeout of a connection without any traffic, in ms. */
const silenceMs = 75_000;

interface Connection {
  open: number;
  /** The client exceeded its bound: later requests are ignored. */
  refused: boolean;
  lastActive: number;
}

/** Reports whether the client is gone, so that remaining work for its answer should be skipped. */
export function isGone(response: http.ServerResponse): boolean {
  // Of pipelined requests only the response that is due holds the socket; every request does.
  return response.destroyed || response.req.socket.destroyed;
}

/**
 * Stops reading requests permanently. A pause alone does not last: Node resumes after each request (readStart
 * in its _http_incoming.js).
 */
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

/** Limits that the servers of one listener (one for each address) share. */
class Bounds {
  readonly #maxOpen: number;
  readonly #connections = new Map<Socket, Connection>();
  /** Open requests, except urgent ones, and since when; oldest first. */
  readonly #open = new Map<http.ServerResponse, { readonly socket: Socket; readonly since: number }>();

  constructor(maxOpen: number) {
    this.#maxOpen = maxOpen;
  }

  /** Frees slots by disconnecting the client whose answer has been pending for longest. */
  #cutStalled(now: number): boolean {
    const [oldest] = this.#open.values();
    if (oldest === undefined || now - oldest.since < stalledMs) return false;
    for (const [response, { socket }] of this.#open)
      if (socket === oldest.socket) this.#open.delete(response);
    oldest.socket.destroy();
    return true;
  }

  /** Reports whether this request may be answered. If not, it was refused or ends with its connection. */
  begin({ socket }: http.IncomingMessage, response: http.ServerResponse, isUrgent: boolean): boolean {
    const connection = this.#connections.get(socket);
    // These end unanswered with their connection, which the earlier refusal closes.
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

  /**
   * Admits a new connection, in place of the one idle for longest if there are too many: a client that holds
   * many idle connections only harms itself.
   */
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

  /** Moves a connection to its TLS socket. Returns false if it was closed meanwhile. */
  goesOn(raw: Socket, socket: Socket): boolean {
    if (raw === socket) return !raw.destroyed;
    if (!this.#connections.delete(raw)) return false;
    this.#add(socket);
    return true;
  }
}

/** Makes every connection pass the gate before HTTP starts. */
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

/** Returns a factory of servers, one for each address, that share their limits. They do not listen yet. */
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

/** Creates a server. It does not listen yet. */
export function createHttpServer(options: HttpServerOptions): http.Server {
  return httpServerMaker(options)();
}

/** Stops a server, listening or not. Connections still open after `graceMs` are closed by force. */
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
