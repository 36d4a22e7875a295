#!/usr/bin/env bash
# An idle Node process reports an event loop that always lags by its own sampling interval.
#
# What:      prom-client 15.1.3, its default metrics (perf_hooks' monitorEventLoopDelay of Node).
# Behaviour: nodejs_eventloop_lag_min_seconds, _p50_ and _mean_ of an idle process are the sampling interval,
#            10 ms unless configured, and grow with eventLoopMonitoringPrecision: 0.1 s of "lag" at a
#            precision of 100 ms. The histogram holds the time between two samples, not the delay.
# Expected:  an idle loop has a lag near 0, and a coarser precision makes the figure coarser, not larger.
# Matters:   a threshold on the lag means something else for each precision, and lowering the sampling rate to
#            save wakeups (100 a second) raises every panel.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --ignore-scripts --save-exact prom-client@15.1.3
cat >idle.cjs <<'JS'
const { Registry, collectDefaultMetrics } = require('prom-client');
const register = new Registry();
collectDefaultMetrics({ register, eventLoopMonitoringPrecision: Number(process.argv[2]) });
setTimeout(async () => {
  console.log(/^nodejs_eventloop_lag_min_seconds (\S+)/m.exec(await register.metrics())[1]);
  process.exit();
}, 2_000);
JS
status=0
for precision in 10 100; do
  least=$(node idle.cjs "$precision")
  echo "precision $precision ms, idle: the smallest lag of two seconds is $least s"
  node -e 'process.exit(Number(process.argv[1]) >= (Number(process.argv[2]) / 1000) * 0.9 ? 0 : 1)' "$least" "$precision" || status=1
done
[ "$status" = 0 ] || { echo 'CHANGED: an idle process reports less than its sampling interval'; exit 1; }
echo 'as stated: the reported lag is the time between two samples'
