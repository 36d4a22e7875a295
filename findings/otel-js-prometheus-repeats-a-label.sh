#!/usr/bin/env bash
# Two attributes that differ only in a dot, or one that begins with a digit, make Prometheus reject the whole
# page of the OpenTelemetry exporter.
#
# What:      @opentelemetry/exporter-prometheus 0.301.0 (Node 20 and later); read by
#            github.com/prometheus/common/expfmt 0.72.1, as node_exporter and the Pushgateway do, and by
#            Prometheus 3.16.0.
# Behaviour: attributes host.name and host_name become one label that occurs twice in the same braces; the
#            attribute 2xx becomes a label of that name, which no reader accepts, although a metric that
#            begins with a digit gets an underscore; an attribute "le" of a histogram occurs beside the
#            bucket's own. Prometheus then has up 0, and not one series of the page.
# Expected:  values of attributes with the same label name are joined by a semicolon and names are made valid,
#            as the specification of the format says and exporters of other languages do; and if something is
#            rejected, it is that series.
# Matters:   an attribute of the resource is enough, because target_info is on every page: add one to
#            OTEL_RESOURCE_ATTRIBUTES in both spellings, and the process is no longer monitored. The exporter
#            reports nothing.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @opentelemetry/api@1.10.0 @opentelemetry/exporter-prometheus@0.301.0 @opentelemetry/sdk-metrics@3.1.0 @opentelemetry/resources@3.1.0
cat >page.cjs <<'JS'
const { PrometheusExporter, PrometheusSerializer } = require('@opentelemetry/exporter-prometheus');
const { MeterProvider } = require('@opentelemetry/sdk-metrics');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const [resource, attributes] = process.argv.slice(2).map((text) => JSON.parse(text));
const reader = new PrometheusExporter({ preventServerStart: true });
const meter = new MeterProvider({ readers: [reader], resource: resourceFromAttributes(resource) }).getMeter('app');
meter.createCounter('answers').add(1);
meter.createHistogram('delay').record(1, attributes);
reader.collect().then(({ resourceMetrics }) => process.stdout.write(new PrometheusSerializer().serialize(resourceMetrics)));
JS
mkdir reader
cat >reader/main.go <<'GO'
package main

import (
	"fmt"
	"os"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

func main() {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(os.Stdin)
	if err != nil {
		fmt.Println("rejected:", err)
		return
	}
	fmt.Println("accepted:", len(families), "metrics")
}
GO
printf 'module reader\n\ngo 1.25\n' >reader/go.mod
(cd reader && export GOFLAGS=-mod=mod GOWORK=off CGO_ENABLED=0 && go get github.com/prometheus/common@v0.72.1 2>/dev/null && go build -buildvcs=false -o ../read .)
changed=0
for case in plain resource digit bucket; do
  resource='{"host.name":"a"}' attributes='{}'
  case $case in
  resource) resource='{"host.name":"a","host_name":"b"}' ;;
  digit) attributes='{"2xx":true}' ;;
  bucket) attributes='{"le":"eu-1"}' ;;
  esac
  said=$(node page.cjs "$resource" "$attributes" | ./read)
  echo "resource $resource, attributes $attributes: $said"
  case "$case $said" in
  'plain accepted: 3 metrics' | 'resource rejected: '*'duplicate label names'* | 'digit rejected: '*'invalid label name'* | 'bucket rejected: '*"'le' label"*) ;;
  *) changed=1 ;;
  esac
done
[ "$changed" = 0 ] || { echo 'CHANGED: other pages are accepted'; exit 1; }
echo 'as stated: one attribute makes the whole page invalid'
