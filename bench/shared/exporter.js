// An exporter under measurement: where it listens, and when its page says something.
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A port of 127.0.0.1 that nobody holds. */
export async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Milliseconds until there is a page of which `holds` is true; asked every `everyMs`, for `limitMs` at most. */
export async function untilPage(url, holds, { everyMs, limitMs }) {
  const start = performance.now();
  while (performance.now() - start < limitMs) {
    const page = await fetch(url).then(
      (response) => (response.ok ? response.text() : ''),
      () => '',
    );
    if (page !== '' && holds(page)) return performance.now() - start;
    await delay(everyMs);
  }
  throw new Error(`the page did not change as expected within ${limitMs} ms`);
}
