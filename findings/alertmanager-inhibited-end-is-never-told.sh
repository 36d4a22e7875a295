#!/usr/bin/env bash
# Alertmanager never sends "resolved" for an alert that ends while it is inhibited.
#
# What:      Alertmanager 0.34.2, a webhook receiver with send_resolved, one inhibition rule.
# Behaviour: An alert is sent as firing, is then inhibited by another alert, ends, and later the other alert
#            ends as well. The receiver gets "resolved" for the other alert and never for the first: when the
#            inhibition is over, the first alert is no longer in any group.
# Expected:  a receiver that was sent "firing" is sent "resolved", at the latest when the inhibition ends.
# Matters:   incidents that were opened in a pager before a larger outage are never closed automatically.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
pids=
trap 'for pid in $pids; do kill "$pid" 2>/dev/null || :; done; wait; rm -rf "$work"' EXIT
cd "$work"
# The module lacks the built user interface that it embeds: give a copy an empty page instead.
cp -r "$(go mod download -json github.com/prometheus/alertmanager@v0.34.2 | sed -n 's/.*"Dir": "\(.*\)",/\1/p')" source
chmod -R u+w source
mkdir -p source/ui/app/dist
echo '<!doctype html><title>Alertmanager</title>' >source/ui/app/dist/index.html
(cd source && CGO_ENABLED=0 go build -o ../alertmanager ./cmd/alertmanager)
cat >hook.cjs <<'JS'
const { createServer } = require('node:http');
const { appendFileSync, writeFileSync } = require('node:fs');
createServer((request, response) => {
  let body = '';
  request.on('data', (part) => { body += part; }).on('end', () => {
    for (const one of JSON.parse(body).alerts) appendFileSync('told', `${one.labels.alertname} ${one.status}\n`);
    response.end();
  });
}).listen(0, '127.0.0.1', function () { writeFileSync('port', String(this.address().port)); });
JS
node -e 'const s=require("node:net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})' >api
: >told
node hook.cjs & pids="$pids $!"
until [ -s port ]; do sleep 0.1; done
cat >config.yml <<YML
route: {receiver: hook, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}
inhibit_rules:
  - source_matchers: [alertname="PoolDown"]
    target_matchers: [alertname="HostDrifted"]
receivers:
  - name: hook
    webhook_configs: [{url: "http://127.0.0.1:$(cat port)/", send_resolved: true}]
YML
url=http://127.0.0.1:$(cat api)
./alertmanager --config.file=config.yml --storage.path=data --web.listen-address="127.0.0.1:$(cat api)" --cluster.listen-address= >log 2>&1 & pids="$pids $!"
eventually() { for _ in $(seq 300); do if eval "$1"; then return 0; fi; sleep 0.1; done; echo "not seen within 30 s: $1"; cat told; exit 1; }
eventually 'curl -sf "$url/-/ready" >/dev/null'
say() { # NAME END: fires until END, a time of date(1)
  curl -sf -H 'content-type: application/json' "$url/api/v2/alerts" \
    -d "[{\"labels\":{\"alertname\":\"$1\"},\"endsAt\":\"$(date -u -d "$2" +%FT%TZ)\"}]"
}
say HostDrifted '1 hour'
eventually 'grep -q "HostDrifted firing" told'
say PoolDown '1 hour'
eventually 'grep -q "PoolDown firing" told'
eventually 'curl -s "$url/api/v2/alerts?inhibited=true" | grep -q "\"inhibitedBy\":\[\"[0-9a-f]"'
say HostDrifted '1 second ago'
eventually '! curl -s "$url/api/v2/alerts" | grep -q HostDrifted'
sleep 5 # several group intervals
say PoolDown '1 second ago'
eventually 'grep -q "PoolDown resolved" told'
sleep 5
cat told
if grep -q 'HostDrifted resolved' told; then echo 'CHANGED: the end of the inhibited alert was sent'; exit 1; fi
echo 'as stated: HostDrifted was sent as firing, and never as resolved'
