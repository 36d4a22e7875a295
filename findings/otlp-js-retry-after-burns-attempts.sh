#!/usr/bin/env bash
# "Retry at once, or at a time that has passed" makes the exporter use up all its attempts within a moment.
#
# What:      @opentelemetry/exporter-trace-otlp-http 0.223.0, a receiver that answers 503 with Retry-After.
# Behaviour: with `Retry-After: 0`, with a fraction of a second, with a date that has passed (a receiver whose
#            clock is a little behind) and with a number below zero, all six attempts are made within a
#            quarter of a second, and the batch is FAILED: its own back-off (1 s, growing) is not used as a
#            minimum. Without the header the same exporter goes on for several seconds.
# Expected:  the header can lengthen the wait, but never reduce it to nothing.
# Matters:   a restart of the receiver that takes two seconds loses every batch of these two seconds.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/exporter-trace-otlp-http@0.223.0 @opentelemetry/sdk-trace-base@2.12.0 >/dev/null
cat >probe.mjs <<'JS'
import { createServer } from 'node:http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';

const memory = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] });
provider.getTracer('finding').startSpan('one').end();
const spans = memory.getFinishedSpans();

async function attempt(header) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    request.resume().on('end', () => response.writeHead(503, header === undefined ? {} : { 'retry-after': header }).end());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${server.address().port}/v1/traces` });
  const begun = performance.now();
  const { code } = await new Promise((resolve) => exporter.export(spans, resolve));
  const ms = Math.round(performance.now() - begun);
  await exporter.shutdown();
  server.closeAllConnections();
  server.close();
  console.log(`Retry-After ${header ?? 'absent'}: ${requests} requests in ${ms} ms, code ${code}`);
  return { requests, ms, code };
}
let changed = false;
for (const header of ['0', '0.5', '-1', new Date(Date.now() - 60_000).toUTCString()]) {
  const { requests, ms, code } = await attempt(header);
  changed ||= code !== 1 || requests < 5 || ms > 1_000;
}
const { ms } = await attempt(undefined);
changed ||= ms < 2_000;
process.exit(changed ? 1 : 0);
JS
node probe.mjs || { echo 'CHANGED: the attempts are spread over time, or fewer'; exit 1; }
echo 'as stated: all attempts are used up at once when Retry-After is in the past or close to zero'
