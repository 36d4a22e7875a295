// A real forward proxy on the loopback address. It sends requests for any host to this machine, so that
// unresolvable names work.
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';

export interface Proxy {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** The requests: method and URL, or host and port of a tunnel. */
  readonly asked: readonly string[];
  /** The `Proxy-Authorization` header of each request. */
  readonly authorization: readonly (string | undefined)[];
  close(): Promise<void>;
}

/** Starts a proxy; with a `refusal` it answers every request with that status. */
export async function startProxy(refusal?: number): Promise<Proxy> {
  const asked: string[] = [];
  const authorization: (string | undefined)[] = [];
  const sockets = new Set<net.Socket>();
  const note = ({ method, url, headers }: http.IncomingMessage) => {
    asked.push(`${method} ${url}`);
    authorization.push(headers['proxy-authorization']);
  };
  const server = http.createServer((request, response) => {
    note(request);
    if (refusal !== undefined) return void response.writeHead(refusal).end('no');
    const { port, pathname, search } = new URL(request.url ?? '');
    const { method, headers } = request;
    const sent = http.request(
      { host: '127.0.0.1', port, path: pathname + search, method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    sent.on('error', () => response.writeHead(502).end());
    return void request.pipe(sent);
  });
  server.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
    note(request);
    if (refusal !== undefined) return void socket.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
    const there = net.connect(Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      there.pipe(socket).pipe(there);
    });
    for (const one of [socket, there]) {
      sockets.add(one);
      one.on('error', () => socket.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    authorization,
    close: async () => {
      for (const one of sockets) one.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
