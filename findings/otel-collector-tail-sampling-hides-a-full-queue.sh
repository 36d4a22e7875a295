#!/usr/bin/env bash
# Behind tail sampling a full sending queue is no longer an error: the sender gets 200, and the spans are
# lost.
#
# What:      OpenTelemetry Collector, processor tail_sampling 0.160.0 with the policy always_sample
#            (test/servers/collector), a backend that does not answer, a sending queue of one request.
# Behaviour: without the processor the receiver answers 503 as soon as the queue is full, and the client sends
#            again later. With it every request is answered 200, and what does not fit into the queue is
#            dropped with a line in the Collector's log.
# Expected:  a policy that keeps everything loses nothing that would not be lost without it.
# Matters:   exporters move on, because their spans were accepted. The cure: block_on_overflow of the sending
#            queue, and a queue on the disk.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
pids=
trap 'for pid in $pids; do kill -9 "$pid" 2>/dev/null || :; done; wait 2>/dev/null; rm -rf "$work"' EXIT
(cd "$here/../test/servers/collector" && GOTOOLCHAIN=auto CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags=remove_all_sd -ldflags='-s -w' -o "$work/collector" .)
cd "$work"
# Accepts every request and answers none.
cat >silent.cjs <<'JS'
require('node:http').createServer(() => {}).listen(0, '127.0.0.1', function () { require('node:fs').writeFileSync('port', String(this.address().port)); });
JS
node silent.cjs & pids="$pids $!"
until [ -s port ]; do sleep 0.1; done
run() { # PROCESSORS: prints the answers to 20 requests
  node -e 'const s=require("node:net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})' >otlp
  cat >config.yml <<YML
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:$(cat otlp)"}}}}
processors: {tail_sampling: {decision_wait: 1s, policies: [{name: all, type: always_sample}]}}
exporters: {otlp_http: {endpoint: "http://127.0.0.1:$(cat port)", sending_queue: {queue_size: 1, num_consumers: 1}}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], processors: $1, exporters: [otlp_http]}}
YML
  ./collector --config=file:config.yml >log 2>&1 & collector=$!; pids="$pids $collector"
  for _ in $(seq 600); do curl -s -o /dev/null "http://127.0.0.1:$(cat otlp)/" && break; sleep 0.1; done
  for number in $(seq 10 29); do
    curl -s -o /dev/null -w '%{http_code}\n' -H 'content-type: application/json' "http://127.0.0.1:$(cat otlp)/v1/traces" -d '{"resourceSpans":[{"scopeSpans":[{"spans":[{
      "traceId":"0af7651916cd43dd8448eb211c8031'"$number"'","spanId":"b7ad6b71692033'"$number"'","name":"work","startTimeUnixNano":"1000","endTimeUnixNano":"2000"}]}]}]}'
  done >answers
  sort answers | uniq -c
}
echo 'without tail sampling:'; run '[]'
grep -q 503 answers || { echo 'CHANGED: a full queue does not answer 503'; exit 1; }
echo 'with tail sampling that keeps everything:'; run '[tail_sampling]'
for _ in $(seq 300); do grep -q 'sending queue is full' log && break; sleep 0.1; done
grep -c 'sending queue is full' log || { echo 'CHANGED: nothing was dropped'; exit 1; }
if grep -qv 200 answers; then echo 'CHANGED: the sender got an error'; exit 1; fi
echo 'as stated: all requests got 200, and most were dropped'
