/**
 * Reads the web configuration file, in the format of the exporter-toolkit (its docs/web-configuration.md), so
 * that one file can serve all exporters of a host. It is read strictly: every setting that godrift does not
 * support is reported in one line. Values are never repeated in messages, because they may be secrets.
 */
import path from 'node:path';
import * as z from 'zod';
import { AppError } from '../../catalog/errors.ts';
import { countCertificates } from '../../host/certificates.ts';
import { readFile } from '../../host/files.ts';
import { tryTls } from '../../tell/http/tls-handshake.ts';
import type { LoadedWebConfig } from '../../tell/http/web-config.ts';
import { clientAuthTypes, type TlsSettings, type WebSettings } from '../../tell/http/web-settings.ts';
import { parseConfig } from './config-file.ts';
import { parseGoDuration } from './go-duration.ts';

/** Enough for hundreds of users, with an inline certificate and key. */
const webLimits = { bytes: 1024 * 1024, nodes: 10_000 };
const mostUsers = 1_000;
/**
 * Highest bcrypt cost. A comparison of this cost takes some seconds; with a higher one the first scrape of
 * each user would time out.
 */
const dearest = 16;

/**
 * Names of cipher suites in Go (crypto/tls, CipherSuites()) and in OpenSSL. The suites of TLS 1.3 have no
 * OpenSSL name here: they are always enabled, as in Go.
 */
const cipherSuites: Readonly<Record<string, string>> = {
  TLS_AES_128_GCM_SHA256: '',
  TLS_AES_256_GCM_SHA384: '',
  TLS_CHACHA20_POLY1305_SHA256: '',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
};
const tls13Suites = Object.entries(cipherSuites).flatMap(([name, openssl]) => (openssl === '' ? [name] : []));
/** Names of curves in the toolkit and in OpenSSL. */
const curves: Readonly<Record<string, string>> = {
  CurveP256: 'P-256',
  CurveP384: 'P-384',
  CurveP521: 'P-521',
  X25519: 'X25519',
};
const versions = { TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;

const version = z.enum(['TLS10', 'TLS11', 'TLS12', 'TLS13'], 'is none of TLS12, TLS13');
const modern = version.refine(
  (name) => name in versions,
  'is TLS12 or TLS13: older ones are not spoken (RFC 8996)',
);
const oneOf = (table: Readonly<Record<string, string>>, what: string) =>
  z.array(z.string().refine((name) => Object.hasOwn(table, name), `is no ${what} that is known here`)).min(1);

const tlsSchema = z.strictObject({
  cert: z.string().optional(),
  key: z.string().optional(),
  client_ca: z.string().optional(),
  cert_file: z.string().optional(),
  key_file: z.string().optional(),
  client_ca_file: z.string().optional(),
  client_auth_type: z
    .enum([...clientAuthTypes, 'RequireClientCert', ''], `is none of ${clientAuthTypes.join(', ')}`)
    .default(''),
  client_allowed_sans: z.array(z.string().min(1)).min(1, 'holds no name: leave it out').optional(),
  min_version: modern.default('TLS12'),
  max_version: modern.default('TLS13'),
  cipher_suites: oneOf(cipherSuites, 'cipher suite').optional(),
  // Accepted without effect, as in the toolkit.
  prefer_server_cipher_suites: z.boolean().optional(),
  curve_preferences: oneOf(curves, 'curve').optional(),
});

const hashed = z
  .string('is no bcrypt hash')
  .regex(/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/, 'is no bcrypt hash (make one with htpasswd -nBC 10)')
  .refine((hash) => Number(hash.slice(4, 6)) >= 4, 'has a cost below 4')
  .refine(
    (hash) => Number(hash.slice(4, 6)) <= dearest,
    `has a cost above ${dearest}: a scrape would run into its timeout`,
  );

const headersSchema = z.strictObject({
  'Strict-Transport-Security': z.string().optional(),
  'X-Content-Type-Options': z.enum(['nosniff'], 'is not nosniff').optional(),
  'X-Frame-Options': z.enum(['deny', 'sameorigin'], 'is none of deny, sameorigin').optional(),
  'X-XSS-Protection': z.string().optional(),
  'Content-Security-Policy': z.string().optional(),
});
const plainValue = /^[\t\x20-\x7e]*$/;

const rateSchema = z.strictObject({
  interval: z.union([z.string(), z.int()]).optional(),
  burst: z.int().optional(),
});

const webSchema = z.strictObject({
  tls_server_config: tlsSchema.optional(),
  http_server_config: z
    .strictObject({ http2: z.boolean().optional(), headers: headersSchema.optional() })
    .optional(),
  basic_auth_users: z
    .record(z.string().regex(/^[^:]*$/, 'holds a colon, which no client can send'), hashed)
    .refine((users) => Object.keys(users).length > 0, 'has no users: leave it out')
    .refine((users) => Object.keys(users).length <= mostUsers, `are more than ${mostUsers}`)
    .optional(),
  rate_limit: rateSchema.optional(),
});
type WebFile = z.infer<typeof webSchema>;
type TlsFile = z.infer<typeof tlsSchema>;

/** Reads one web configuration file. Every problem is reported against this file. */
class WebFileReader {
  readonly #file: string;
  readonly #namedBy: string;
  /** Files that were read; the configuration file itself is the first. */
  readonly files: string[];

  constructor(file: string, namedBy: string) {
    this.#file = file;
    this.#namedBy = namedBy;
    this.files = [file];
  }

  refuse(why: string): never {
    throw new AppError(`cannot use ${this.#file}`, why, 'correct the file (godrift config check tries it)');
  }

  /** Reads a file as text. Throws AppError. */
  text(file: string): string {
    const read = readFile({ root: '/', path: file }, webLimits.bytes);
    if (!read.ok) {
      const names = file === this.#file ? this.#namedBy : this.#file;
      throw new AppError(`cannot read ${file}`, read.why, `correct ${names}, or the file`);
    }
    return read.bytes.toString('utf8');
  }

  /**
   * Returns a PEM text that is given inline or in a named file, but not both. Relative names start at the
   * directory of the configuration file.
   */
  pem(key: string, inline: string | undefined, named: string | undefined): string | undefined {
    if (inline && named) this.refuse(`tls_server_config has ${key} and ${key}_file`);
    if (!named) return inline || undefined;
    const file = path.resolve(path.dirname(this.#file), named);
    this.files.push(file);
    const text = this.text(file);
    // An empty file is probably being replaced. OpenSSL would accept it as no certificate at all, and every
    // handshake would fail.
    if (text.trim() === '') this.refuse(`${key}_file ${file} is empty`);
    return text;
  }
}

function clientAuthOf(
  tls: TlsFile,
  reader: WebFileReader,
): Pick<TlsSettings, 'clientAuth' | 'clientCa' | 'allowedSans'> {
  const type = tls.client_auth_type;
  const clientAuth =
    type === 'RequireClientCert' ? 'RequireAnyClientCert' : type === '' ? 'NoClientCert' : type;
  const clientCa = reader.pem('client_ca', tls.client_ca, tls.client_ca_file);
  if (clientAuth === 'NoClientCert' && clientCa !== undefined)
    reader.refuse('tls_server_config has a client_ca without a client_auth_type');
  if (clientAuth === 'NoClientCert' && tls.client_allowed_sans !== undefined)
    reader.refuse('client_allowed_sans has no effect without a client_auth_type');
  if (/Verify/.test(clientAuth) && clientCa === undefined)
    reader.refuse(
      `${clientAuth} needs a client_ca: otherwise any client with a certificate of a public authority would be let in`,
    );
  if (clientCa !== undefined && countAsCertificates(clientCa) === 0)
    reader.refuse('client_ca holds no certificate that can be read');
  return {
    clientAuth,
    ...(clientCa === undefined ? {} : { clientCa }),
    ...(tls.client_allowed_sans === undefined ? {} : { allowedSans: tls.client_allowed_sans }),
  };
}

function countAsCertificates(pem: string): number {
  try {
    return countCertificates(pem);
  } catch {
    return 0;
  }
}

function tlsOf(tls: TlsFile, reader: WebFileReader): TlsSettings {
  const cert = reader.pem('cert', tls.cert, tls.cert_file);
  const key = reader.pem('key', tls.key, tls.key_file);
  if (cert === undefined) reader.refuse('tls_server_config has neither cert nor cert_file');
  if (key === undefined) reader.refuse('tls_server_config has neither key nor key_file');
  const minVersion = versions[tls.min_version as keyof typeof versions];
  const maxVersion = versions[tls.max_version as keyof typeof versions];
  if (minVersion > maxVersion) reader.refuse('min_version is above max_version');
  const older = tls.cipher_suites?.map((name) => cipherSuites[name] as string).filter((name) => name !== '');
  const settings: TlsSettings = {
    cert,
    key,
    ...clientAuthOf(tls, reader),
    // A list without a suite for TLS 1.2 rules TLS 1.2 out.
    minVersion: older?.length === 0 ? 'TLSv1.3' : minVersion,
    maxVersion,
    ...(older === undefined ? {} : { ciphers: [...tls13Suites, ...older].join(':') }),
    ...(tls.curve_preferences === undefined
      ? {}
      : { curves: tls.curve_preferences.map((name) => curves[name]).join(':') }),
  };
  if (settings.minVersion > settings.maxVersion)
    reader.refuse('cipher_suites has none for the versions that are allowed');
  try {
    tryTls(settings);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    reader.refuse(
      /key values mismatch/.test(why)
        ? 'the key is not that of the certificate'
        : `the certificate or the key cannot be used: ${why}`,
    );
  }
  return settings;
}

function rateLimitOf(rate: WebFile['rate_limit'], reader: WebFileReader): Pick<WebSettings, 'rateLimit'> {
  if (rate === undefined) return {};
  const { interval = 0, burst = 0 } = rate;
  const intervalMs = parseGoDuration(interval);
  if (intervalMs === undefined || intervalMs < 0)
    reader.refuse('rate_limit.interval is no duration such as 1s');
  if (intervalMs === 0) return {};
  if (burst < 1) reader.refuse('rate_limit.burst is below 1: no request would ever be answered');
  return { rateLimit: { intervalMs, burst } };
}

/** Parses the file. Quoted parts of YAML errors are removed, because they may be part of a key. */
function parseHidden(text: string, file: string): WebFile {
  try {
    return parseConfig(webSchema, text, file, webLimits);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.what, error.why.replaceAll(/".*"/g, '"…"'), error.todo);
  }
}

/**
 * Loads a web configuration file and the files that it names, and checks that the TLS settings work.
 * `namedBy` says what names the file: a flag, a variable or the configuration. Throws AppError if the file
 * cannot be used.
 */
export function loadWebConfig(file: string, namedBy = '--web.config.file'): LoadedWebConfig {
  const reader = new WebFileReader(file, namedBy);
  const text = reader.text(file);
  if (/^(?:\s*(?:#.*)?(?:\r?\n|$))*$/.test(text))
    reader.refuse(`it is empty: leave ${namedBy} out to let everybody in without TLS, or write {}`);
  const web = parseHidden(text, file);
  const headers = web.http_server_config?.headers ?? {};
  for (const [name, value] of Object.entries(headers))
    if (!plainValue.test(value ?? '')) reader.refuse(`the header ${name} holds more than plain characters`);
  const settings: WebSettings = {
    ...(web.tls_server_config === undefined ? {} : { tls: tlsOf(web.tls_server_config, reader) }),
    headers: headers as Readonly<Record<string, string>>,
    users: new Map(Object.entries(web.basic_auth_users ?? {})),
    ...rateLimitOf(web.rate_limit, reader),
  };
  return { settings, files: reader.files };
}
