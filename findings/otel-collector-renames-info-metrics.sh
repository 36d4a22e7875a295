#!/usr/bin/env bash
# A Collector that reads a page in OpenMetrics removes "_info" from the names of info metrics.
#
# What:      OpenTelemetry Collector, receiver prometheus 0.160.0 (test/servers/collector), with its defaults:
#            it asks for OpenMetrics if a page offers it.
# Behaviour: build_info{version="1"} of a page in OpenMetrics becomes the metric "build"; the same series of a
#            page in the older text format is "build_info". Prometheus calls it build_info with either format.
#            A counter gets its _total back when it is written to a Prometheus, an info metric never gets its
#            _info.
# Expected:  the negotiated format changes no name.
# Matters:   rules and joins on info metrics silently find nothing, from the day on which an exporter learns
#            OpenMetrics. The cure: scrape_protocols: [PrometheusText0.0.4].
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
pids=
trap 'for pid in $pids; do kill "$pid" 2>/dev/null || :; done; wait; rm -rf "$work"' EXIT
(cd "$here/../test/servers/collector" && GOTOOLCHAIN=auto CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags=remove_all_sd -ldflags='-s -w' -o "$work/collector" .)
cd "$work"
# Serves the page in the requested format, and records the names of the metrics that it receives.
cat >both.cjs <<'JS'
const { createServer } = require('node:http');
const { appendFileSync, writeFileSync } = require('node:fs');
const open = '# TYPE build info\nbuild_info{version="1"} 1\n# EOF\n';
const text = '# TYPE build_info gauge\nbuild_info{version="1"} 1\n';
createServer((request, response) => {
  if (request.method === 'GET') {
    const isOpen = /openmetrics-text/.test(request.headers.accept);
    const type = isOpen ? 'application/openmetrics-text; version=1.0.0; charset=utf-8' : 'text/plain; version=0.0.4';
    response.setHeader('content-type', type);
    response.end(isOpen ? open : text);
    return;
  }
  let body = '';
  request.on('data', (part) => { body += part; }).on('end', () => {
    for (const { scopeMetrics } of JSON.parse(body).resourceMetrics)
      for (const { metrics } of scopeMetrics) for (const { name } of metrics) appendFileSync('told', `${name}\n`);
    response.setHeader('content-type', 'application/json');
    response.end('{}');
  });
}).listen(0, '127.0.0.1', function () { writeFileSync('port', String(this.address().port)); });
JS
node both.cjs & pids="$pids $!"
until [ -s port ]; do sleep 0.1; done
run() { # PROTOCOLS: prints the names that begin with build
  : >told
  cat >config.yml <<YML
receivers:
  prometheus: {config: {scrape_configs: [{job_name: page, scrape_interval: 1s, $1 static_configs: [{targets: ["127.0.0.1:$(cat port)"]}]}]}}
exporters: {otlp_http: {endpoint: "http://127.0.0.1:$(cat port)", encoding: json, compression: none}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {metrics: {receivers: [prometheus], exporters: [otlp_http]}}
YML
  ./collector --config=file:config.yml >log 2>&1 & collector=$!
  for _ in $(seq 600); do grep -q '^build' told && break; sleep 0.1; done
  kill "$collector"
  wait "$collector"
  grep '^build' told | sort -u
}
text=$(run 'scrape_protocols: [PrometheusText0.0.4],')
open=$(run '')
echo "text: $text, OpenMetrics: $open"
[ "$text" = build_info ] || { echo 'CHANGED: the text page gives another name'; exit 1; }
[ "$open" = build ] || { echo 'CHANGED: OpenMetrics keeps the name'; exit 1; }
echo 'as stated: one series, two names'
