#!/usr/bin/env bash
# Alertmanager keeps the latest endsAt that it ever received for an alert, and an alert that is sent with an
# end and without a start begins at its end.
#
# What:      Alertmanager 0.34.2, API v2, resolve_timeout of 3 s; alerts that are sent twice.
# Behaviour: Sent with an end in an hour, and again, with the same start, with an end in 3 seconds: the answer
#            is 200 and the alert stays for the hour. Sent with an end in an hour, and again without an end:
#            the hour stays too, and resolve_timeout is never applied. A new end counts only if it has passed
#            already, or if there was none before. Sent without a start, with an end in an hour: the alert is
#            active at once, and its startsAt is in an hour. Sent again with an end two hours away, its start
#            is in two hours.
# Expected:  the last values sent count, as with annotations; without an end the timeout counts from then on,
#            and without a start the start is now, as the documentation of the API says.
# Matters:   a program that sends its own alerts (a job, a script, a bridge) with a long end cannot shorten
#            it: the alert stays for the longest end ever sent, and the host that would have to send "ended
#            now" may be gone. And if the start is left to Alertmanager, messages show a start in the future.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
pids=
trap 'for pid in $pids; do kill "$pid" 2>/dev/null || :; done; wait; chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
# The module lacks the built user interface that it embeds: give a copy an empty page instead.
cp -r "$(go mod download -json github.com/prometheus/alertmanager@v0.34.2 | sed -n 's/.*"Dir": "\(.*\)",/\1/p')" source
chmod -R u+w source
mkdir -p source/ui/app/dist
echo '<!doctype html><title>Alertmanager</title>' >source/ui/app/dist/index.html
(cd source && CGO_ENABLED=0 go build -ldflags='-s -w' -o ../alertmanager ./cmd/alertmanager)
printf 'global: {resolve_timeout: 3s}\nroute: {receiver: nobody}\nreceivers: [{name: nobody}]\n' >config.yml
port=$(node -e 'const s=require("node:net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
./alertmanager --config.file=config.yml --storage.path=data --web.listen-address="127.0.0.1:$port" --cluster.listen-address= >log 2>&1 & pids="$pids $!"
url=http://127.0.0.1:$port
for _ in $(seq 300); do curl -sf "$url/-/ready" >/dev/null && break; sleep 0.1; done
at() { date -u -d "$1" +%FT%TZ; }
start=$(at '1 minute ago')
tell() { # NAME START END: either may be empty
  curl -sf -H 'content-type: application/json' "$url/api/v2/alerts" -d "[{\"labels\":{\"alertname\":\"$1\"}${2:+,\"startsAt\":\"$2\"}${3:+,\"endsAt\":\"$(at "$3")\"}}]"
}
for name in earlier without ended; do tell $name "$start" '1 hour'; done
tell late "$start" ''
tell begins '' '1 hour'
tell begins-again '' '1 hour'
tell earlier "$start" '3 seconds'
tell without "$start" ''
tell ended "$start" '1 second ago'
tell late "$start" '2 seconds'
tell begins-again '' '2 hours'
sleep 8 # all the nearer ends have passed
curl -sf "$url/api/v2/alerts" | node -e '
  const alerts = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  const hours = (time) => Math.round((Date.parse(time) - Date.now()) / 3_600_000) + 0;
  for (const { labels, status, startsAt, endsAt } of alerts) console.log(`${labels.alertname}: ${status.state}, starts in ${hours(startsAt)} h, ends in ${hours(endsAt)} h`);
' | sort | tee seen
cat >expected <<'TXT'
begins-again: active, starts in 2 h, ends in 2 h
begins: active, starts in 1 h, ends in 1 h
earlier: active, starts in 0 h, ends in 1 h
without: active, starts in 0 h, ends in 1 h
TXT
sort expected | cmp -s - seen || { echo 'CHANGED: an alert has another start or end'; exit 1; }
echo 'as stated: the latest end counts, and is the start if none was sent'
