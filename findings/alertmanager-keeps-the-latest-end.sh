#!/usr/bin/env bash
# Alertmanager keeps the latest end that it was ever told of an alert, and an alert that is told with an end and no start begins at its end.
#
# What:      Alertmanager 0.34.2, API v2, resolve_timeout of 3 s; alerts that are told twice.
# Behaviour: told to end in an hour, and then, with the same start, to end in 3 seconds: it is answered 200 and goes on for the hour. Told to end in an hour, and then without an end: the hour stands as
#            well, and resolve_timeout never comes into it. Only an end that has passed already counts, and one that comes where none was given before.
#            Told without a start, to end in an hour: it is active at once, and startsAt is in an hour. Told again with an end two hours away, its start is in two hours.
# Guessed:   what was told last is what holds, as with the annotations; without an end the timeout counts from then on, and without a start it is now, for so the documentation of the API says.
# Matters:   who tells alerts by himself (jobs, scripts, bridges) with a long end and corrects it has an alert for as long as the longest end that anybody named; the host that would have to say "ended now"
#            may be gone. And who leaves the start to Alertmanager sends messages that say since when in the future.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
pids=
trap 'for pid in $pids; do kill "$pid" 2>/dev/null || :; done; wait; chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
# The module comes without the built user interface that it embeds: a copy gets an empty page in its place.
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
sleep 8 # none of the nearer ends is still to come
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
sort expected | cmp -s - seen || { echo 'CHANGED: another time holds'; exit 1; }
echo 'as stated: the latest end holds, and is the start where none was told'
