// A trace backend that keeps when each `detect drift` span ended, by target: OTLP over HTTP as JSON, and nothing else of it.
import http from 'node:http';
import { gunzipSync } from 'node:zlib';

/** Listens on a free port of 127.0.0.1. Answers its address, the times (ms since the epoch) by target, and `close`. */
export async function spanSink() {
  const ended = new Map();
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      for (const { scopeSpans } of JSON.parse(text.toString('utf8')).resourceSpans)
        for (const { spans } of scopeSpans)
          for (const span of spans) {
            if (span.name !== 'detect drift') continue;
            const target = span.attributes.find(({ key }) => key === 'godrift.target').value.stringValue;
            ended.set(target, [...(ended.get(target) ?? []), Number(span.endTimeUnixNano) / 1e6]);
          }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise((resolve) => server.close(resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, ended, close };
}
