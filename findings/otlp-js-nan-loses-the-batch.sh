#!/usr/bin/env bash
# One attribute that is NaN, infinite or a whole number beyond 64 bits makes a receiver reject the whole JSON
# request of JavaScript's OTLP exporter.
#
# What:      @opentelemetry/exporter-trace-otlp-http and -proto 0.223.0 and the serializers of
#            @opentelemetry/otlp-transformer 0.301.0 (Node 20 and later); the JSON reader of every receiver
#            that is built on the OpenTelemetry Collector (go.opentelemetry.io/collector/pdata 1.71.0), Jaeger
#            2 among them.
# Behaviour: NaN and Infinity are written as {"doubleValue":null}, and each whole number as intValue, however
#            large: 18446744073709552000 is what process.constrainedMemory() returns if there is no limit. The
#            reader rejects either, and with it every other span of the request: the receiver answers 400,
#            which is not retried. The value of a gauge is written in the same way. By protobuf the very same
#            spans arrive, NaN as NaN and the large one as a double.
# Expected:  "NaN" and "Infinity" as strings, as protobuf's JSON rules say; a double if an integer does not
#            fit, as the protobuf half of the same package does; and if a value is rejected, then that value
#            or its span.
# Matters:   a ratio of 0/0 in one place, or the memory limit of a process without one, and all spans of the
#            same batch are lost. It depends on the machine and on the moment.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
mkdir sender newest receiver
cat >receiver/go.mod <<'MOD'
module example.com/receiver

go 1.26

require go.opentelemetry.io/collector/pdata v1.71.0
MOD
cat >receiver/main.go <<'GO'
// Reads each request as a receiver does (JSON or protobuf, by the suffix of the file's name) and prints the first attribute of its last span.
package main

import (
	"fmt"
	"os"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

func main() {
	for _, name := range os.Args[1:] {
		body, err := os.ReadFile(name)
		request := ptraceotlp.NewExportRequest()
		if err == nil && strings.HasSuffix(name, ".json") {
			err = request.UnmarshalJSON(body)
		} else if err == nil {
			err = request.UnmarshalProto(body)
		}
		if err != nil {
			fmt.Printf("%s: rejected\n", name)
			continue
		}
		spans := request.Traces().ResourceSpans().At(0).ScopeSpans().At(0).Spans()
		for _, value := range spans.At(spans.Len() - 1).Attributes().All() {
			fmt.Printf("%s: %d spans, %s %s\n", name, spans.Len(), value.Type(), value.AsString())
			break
		}
	}
}
GO
(cd receiver && export GOTOOLCHAIN=auto GOFLAGS=-mod=mod GOWORK=off CGO_ENABLED=0 && go build -o ../receive .)
(cd sender && npm init -y && npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.9.1 @opentelemetry/exporter-trace-otlp-http@0.223.0 \
  @opentelemetry/exporter-trace-otlp-proto@0.223.0 @opentelemetry/sdk-trace-base@2.12.0) >/dev/null
(cd newest && npm init -y && npm install --silent --no-audit --no-fund --ignore-scripts @opentelemetry/api@1.10.0 @opentelemetry/otlp-transformer@0.301.0) >/dev/null
cat >sender/send.mjs <<'JS'
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { OTLPTraceExporter as Json } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as Protobuf } from '@opentelemetry/exporter-trace-otlp-proto';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';

const { JsonTraceSerializer } = createRequire(new URL('../newest/', import.meta.url))('@opentelemetry/otlp-transformer');
const values = { fine: 1.5, nan: 0 / 0, infinite: 1 / 0, unlimited: 2 ** 64 };
for (const [name, value] of Object.entries(values)) {
  const memory = new InMemorySpanExporter();
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] }).getTracer('finding');
  for (let count = 0; count < 9; count++) tracer.startSpan('another span').end();
  tracer.startSpan('the tenth', { attributes: { value } }).end();
  const spans = memory.getFinishedSpans();
  writeFileSync(`${name}-0.301.json`, JsonTraceSerializer.serializeRequest(spans));
  for (const [kind, Exporter] of [['json', Json], ['protobuf', Protobuf]]) {
    const server = createServer(async (request, response) => {
      const parts = [];
      for await (const part of request) parts.push(part);
      writeFileSync(`${name}.${kind}`, Buffer.concat(parts));
      response.end();
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const exporter = new Exporter({ url: `http://127.0.0.1:${server.address().port}/v1/traces` });
    await new Promise((resolve) => exporter.export(spans, resolve));
    await exporter.shutdown();
    server.closeAllConnections();
    server.close();
  }
}
JS
node sender/send.mjs
for name in fine nan infinite unlimited; do ./receive $name.json $name-0.301.json $name.protobuf; done | tee seen
cat >expected <<'TXT'
fine.json: 10 spans, Double 1.5
fine-0.301.json: 10 spans, Double 1.5
fine.protobuf: 10 spans, Double 1.5
nan.json: rejected
nan-0.301.json: rejected
nan.protobuf: 10 spans, Double NaN
infinite.json: rejected
infinite-0.301.json: rejected
infinite.protobuf: 10 spans, Double Infinity
unlimited.json: rejected
unlimited-0.301.json: rejected
unlimited.protobuf: 10 spans, Double 18446744073709552000
TXT
cmp -s seen expected || { echo 'CHANGED: other requests are accepted:'; diff expected seen; exit 1; }
echo 'as stated: one value in ten spans, and all ten are rejected'
