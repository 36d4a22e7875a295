#!/usr/bin/env bash
# A TLS server of Node tells a client nothing when it refuses its certificate.
#
# What:      Node 20, 22 and 24, tls.createServer with requestCert and rejectUnauthorized; OpenSSL's client.
# Behaviour: a certificate that is expired or of another authority passes OpenSSL's verification in any case (Node's callback says yes); Node looks at the verdict when the
#            handshake is over and destroys the socket: the client gets no alert, and in TLS 1.3 takes the handshake for done. A client without a certificate does get
#            its alert (certificate required), because that one is OpenSSL's own.
# Guessed:   rejectUnauthorized ends the handshake with the alert of RFC 8446 (unknown_ca, certificate_expired), as servers of Go and OpenSSL do.
# Matters:   who scrapes an exporter sees "EOF" and looks for a crash or a network fault. The server's 'tlsClientError' says ECONNRESET; the reason is in
#            socket.authorizationError, and is in nobody's log unless the server writes it.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'kill "${node:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
for name in ours theirs; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -out "$name.crt" -days 2 -subj "/CN=$name" 2>/dev/null
done
cat >server.cjs <<'JS'
const { readFileSync: read, writeFileSync: write } = require('node:fs');
const options = { key: read('ours.key'), cert: read('ours.crt'), ca: read('ours.crt'), requestCert: true, rejectUnauthorized: true };
const server = require('node:tls').createServer(options, (socket) => socket.end('welcome\n'));
server.on('tlsClientError', (error, socket) => console.log(`server: ${error.code}, authorizationError ${socket.authorizationError}`));
server.listen(0, '127.0.0.1', () => write('port', String(server.address().port)));
JS
node server.cjs >node.log &
node=$!
until [ -s port ]; do sleep 0.1; done
port=$(cat port)
said() { (sleep 1; echo) | openssl s_client -connect "127.0.0.1:$1" -tls1_3 "${@:2}" 2>&1 | grep -io 'alert [a-z ]*' | head -1 || true; }
foreign=$(said "$port" -cert theirs.crt -key theirs.key)
none=$(said "$port")
echo "Node, certificate of another authority: ${foreign:-no alert}; no certificate: ${none:-no alert}"
cat node.log
[ -z "$foreign" ] && [ -n "$none" ] || { echo 'CHANGED: a refused client hears of it'; exit 1; }
echo 'as stated: who shows a certificate that is refused hears nothing'
