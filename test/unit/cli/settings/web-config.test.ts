import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseGoDuration } from '../../../../src/cli/settings/go-duration.ts';
import { loadWebConfig } from '../../../../src/cli/settings/web-config.ts';
import { systemdSockets } from '../../../../src/cli/systemd-sockets.ts';
import { canonicalAddress, sansOf } from '../../../../src/host/certificates.ts';
import { scratch } from '../../../lab/toolchains.ts';

function problemOf(text: string): string {
  const file = path.join(scratch('web'), 'web.yml');
  writeFileSync(file, text);
  try {
    loadWebConfig(file);
    return '';
  } catch (error) {
    return String(error);
  }
}

describe('a web configuration file', () => {
  it('may be {}, but not an empty file', () => {
    expect(problemOf('{}')).toBe('');
    for (const empty of ['', '\n', '# users follow\n\n', '  \n'])
      expect(problemOf(empty)).toMatch(/it is empty/);
  });

  it.each(['cert', 'key'])('is refused while its %s file is empty, as during a replacement', (name) => {
    const folder = scratch('web');
    for (const file of ['cert', 'key']) writeFileSync(path.join(folder, file), file === name ? '\n' : 'x');
    const file = path.join(folder, 'web.yml');
    writeFileSync(file, 'tls_server_config:\n  cert_file: cert\n  key_file: key\n');
    expect(() => loadWebConfig(file)).toThrow(new RegExp(`${name}_file .*/${name} is empty`));
  });

  it('is refused with the reason, which never contains a secret', () => {
    const secret = 'c2VjcmV0';
    for (const [text, why] of [
      ['basic_auth_users:\n', /basic_auth_users/],
      ['basic_auth_users: {}\n', /has no users/],
      [`basic_auth_users:\n  alice: ${secret}\n`, /basic_auth_users\.alice is no bcrypt hash/],
      [`basic_auth_users:\n  alice: $2y$20$${'a'.repeat(53)}\n`, /cost above 16/],
      ['basic_auth:\n  a: b\n', /unknown keys: basic_auth/],
      ['tls_server_config:\n  cert_file: a\n  keyfile: b\n', /unknown keys: keyfile/],
      ['tls_server_config:\n  client_auth_type: Nobody\n', /is none of NoClientCert/],
      ['tls_server_config:\n  min_version: TLS10\n', /RFC 8996/],
      ['tls_server_config:\n  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]\n', /no cipher suite/],
      ['tls_server_config:\n  curve_preferences: [CurveP224]\n', /no curve/],
      [
        `tls_server_config:\n  key: ${secret}\n  cert_file: nowhere.pem\n`,
        /cannot read .*nowhere\.pem: no such file/,
      ],
      [`tls_server_config:\n  key: ${secret}\n  cert: ${secret}\n`, /certificate or the key cannot be used/],
      [`tls_server_config:\n  cert: ${secret}\n`, /neither key nor key_file/],
      [`tls_server_config:\n  cert: ${secret}\n  cert_file: a\n`, /has cert and cert_file/],
      [
        `tls_server_config:\n  cert: ${secret}\n  key: ${secret}\n  client_ca: ${secret}\n`,
        /client_ca without a client_auth_type/,
      ],
      [
        `tls_server_config:\n  cert: ${secret}\n  key: ${secret}\n  client_allowed_sans: [a]\n`,
        /no effect without/,
      ],
      [
        `tls_server_config:\n  cert: ${secret}\n  key: ${secret}\n  client_auth_type: RequireAndVerifyClientCert\n`,
        /needs a client_ca/,
      ],
      [
        `tls_server_config:\n  cert: ${secret}\n  key: ${secret}\n  client_auth_type: RequireAndVerifyClientCert\n  client_ca: ${secret}\n`,
        /holds no certificate/,
      ],
      ['http_server_config:\n  headers:\n    Server: x\n', /unknown keys: Server/],
      ['http_server_config:\n  headers:\n    X-Frame-Options: DENY\n', /none of deny, sameorigin/],
      ['http_server_config:\n  headers:\n    X-XSS-Protection: "a\\nb"\n', /plain characters/],
      ['rate_limit:\n  interval: soon\n  burst: 1\n', /no duration/],
      ['rate_limit:\n  interval: 1s\n', /burst is below 1/],
      [`tls_server_config: "${secret}\n`, /cannot read/],
      [`tls_server_config:\n  key: |\n ${secret}: ${secret}\n${secret}`, /cannot read/],
    ] as const) {
      const problem = problemOf(text);
      expect(problem).toMatch(why);
      expect(problem).not.toContain(secret);
    }
  });

  it('accepts Go durations', () => {
    expect(['1s', '1h15m', '0.5s', '100us', '100\u00b5s', '0', 1_000_000].map(parseGoDuration)).toEqual([
      1000, 4_500_000, 500, 0.1, 0.1, 0, 1,
    ]);
    for (const other of ['', '1', 's', '-1s', '1d', '1s ', -1])
      expect(parseGoDuration(other)).toBeUndefined();
  });
});

describe('subject alternative names of a certificate', () => {
  it('are parsed in the form in which Node writes them', () => {
    expect(
      sansOf(
        'DNS:a.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, URI:spiffe://x/y, email:"a, DNS:b", othername:<unsupported>',
      ).map(canonicalAddress),
    ).toEqual(['a.example', '127.0.0.1', '::1', 'spiffe://x/y', 'a, DNS:b']);
    expect(sansOf('')).toEqual([]);
  });
});

describe('systemd sockets', () => {
  const env = (entries: Record<string, string>) => new Map(Object.entries(entries));
  it('are used if they were passed to this process', () => {
    const places = systemdSockets(env({ LISTEN_FDS: '2', LISTEN_PID: '42', LISTEN_FDNAMES: 'web:' }), 42);
    expect(places.map(({ name, where }) => [name, where])).toEqual([
      ['socket web of systemd', { fd: 3 }],
      ['socket 2 of systemd', { fd: 4 }],
    ]);
  });
  it('are refused if they were passed to another process or not at all', () => {
    for (const entries of [
      {},
      { LISTEN_FDS: '1' },
      { LISTEN_FDS: '1', LISTEN_PID: '41' },
      { LISTEN_FDS: '0', LISTEN_PID: '42' },
      { LISTEN_FDS: '999', LISTEN_PID: '42' },
    ])
      expect(() => systemdSockets(env(entries), 42)).toThrow(/cannot listen on sockets of systemd/);
  });
});
