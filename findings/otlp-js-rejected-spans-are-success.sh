#!/usr/bin/env bash
# A collector that rejects everything looks to the exporter like one that accepted everything.
#
# What:      @opentelemetry/exporter-trace-otlp-http 0.223.0 (Node 20 and later), sending to an OTLP/HTTP
#            receiver.
# Behaviour: the callback of export() gets SUCCESS (code 0) for an answer 200 whose partialSuccess rejects
#            every span, for a 200 with an HTML page (a proxy's login page, a wrong port), and for a 200 with
#            half a JSON document. Only the diagnostics logger reports it.
# Expected:  FAILED, or a count of the accepted spans: the protocol has a field for it (opentelemetry-proto,
#            docs/specification.md, "Partial Success").
# Matters:   a program that moves a cursor, or deletes a batch, upon SUCCESS loses spans for good and cannot
#            know it.
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

const answers = {
  'all spans rejected': ['application/json', '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"quota"}}'],
  'an HTML page': ['text/html', '<!doctype html><title>Sign in</title>'],
  'half a document': ['application/json', '{"partialSuccess":{"rejectedSp'],
};
let changed = false;
for (const [name, [type, body]] of Object.entries(answers)) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    request.resume().on('end', () => response.writeHead(200, { 'content-type': type }).end(body));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${server.address().port}/v1/traces` });
  const result = await new Promise((resolve) => exporter.export(spans, resolve));
  console.log(`200 with ${name}: code ${result.code} (0 is SUCCESS), ${requests} request`);
  changed ||= result.code !== 0 || requests !== 1;
  await exporter.shutdown();
  server.closeAllConnections();
  server.close();
}
process.exit(changed ? 1 : 0);
JS
node probe.mjs || { echo 'CHANGED: not all of these answers count as success any more'; exit 1; }
echo 'as stated: each of the three is reported as success to the caller'
