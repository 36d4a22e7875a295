#!/usr/bin/env bash
# A TLS server of Node sends no alert to a client whose certificate it refuses.
#
# What:      Node 20, 22 and 24, tls.createServer with requestCert and rejectUnauthorized; OpenSSL's client.
# Behaviour: a certificate that is expired or of another authority always passes OpenSSL's verification
#            (Node's callback accepts it); Node checks the verdict after the handshake and destroys the
#            socket: the client gets no alert, and in TLS 1.3 regards the handshake as complete. A client
#            without a certificate does get its alert (certificate required), because OpenSSL itself sends
#            that one.
# Expected:  rejectUnauthorized ends the handshake with the alert of RFC 8446 (unknown_ca,
#            certificate_expired), as servers of Go and OpenSSL do.
# Matters:   the operator of a scraper sees "EOF" and looks for a crash or a network fault. The server's
#            'tlsClientError' says ECONNRESET; the reason is in socket.authorizationError, and is in no log
#            unless the server writes it.
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
[ -z "$foreign" ] && [ -n "$none" ] || { echo 'CHANGED: a refused client gets an alert'; exit 1; }
echo 'as stated: a client with a refused certificate gets no alert'
