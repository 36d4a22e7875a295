/**
 * The settings of a web configuration file, in the terms of the exporter-toolkit's format, and the
 * protections that a new one would remove. Pure. The format: github.com/prometheus/exporter-toolkit,
 * docs/web-configuration.md.
 */

/**
 * Policies for client certificates: ClientAuthType of Go's crypto/tls. `RequireClientCert` is an old name of
 * `RequireAnyClientCert`.
 */
export const clientAuthTypes = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;
export type ClientAuthType = (typeof clientAuthTypes)[number];

/** `tls_server_config`, with the contents of the files that it names. */
export interface TlsSettings {
  /** PEM: the certificate chain of the server. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  readonly clientAuth: ClientAuthType;
  /** PEM: the authorities that may sign client certificates. */
  readonly clientCa?: string;
  /** The client's certificate must have one of these subject alternative names. */
  readonly allowedSans?: readonly string[];
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL names, separated by colons; its default if not given. */
  readonly ciphers?: string;
  readonly curves?: string;
}

/** `rate_limit`: a token bucket. */
export interface RateLimit {
  /** Average time between two requests, in ms. */
  readonly intervalMs: number;
  /** Most requests at once. */
  readonly burst: number;
}

/** A web configuration. */
export interface WebSettings {
  /** Undefined: plain HTTP. */
  readonly tls?: TlsSettings;
  /** Headers of every answer, in place of godrift's own; an empty value removes a header. */
  readonly headers: Readonly<Record<string, string>>;
  /** bcrypt hashes by user; if empty, everybody is admitted. */
  readonly users: ReadonlyMap<string, string>;
  readonly rateLimit?: RateLimit;
}

/** Settings without any requirement. */
export const openSettings: WebSettings = { headers: {}, users: new Map() };

/**
 * How much a policy requires: 0 nothing, 1 any certificate (or a valid one, if one is sent), 2 a valid
 * certificate.
 */
const demands: Readonly<Record<ClientAuthType, number>> = {
  NoClientCert: 0,
  RequestClientCert: 0,
  RequireAnyClientCert: 1,
  VerifyClientCertIfGiven: 1,
  RequireAndVerifyClientCert: 2,
};

/**
 * Returns the protections of `now` that `next` lacks. A file that is half written or truncated looks just
 * like one from which somebody removed a protection, so a running exporter never adopts such a file.
 */
export function weakenedBy(now: WebSettings, next: WebSettings): readonly string[] {
  const demandOf = ({ tls }: WebSettings) => demands[tls?.clientAuth ?? 'NoClientCert'];
  const lost: (string | false)[] = [
    now.tls !== undefined && next.tls === undefined && 'TLS',
    demandOf(next) < demandOf(now) && 'the demand for client certificates',
    now.tls?.allowedSans !== undefined && next.tls?.allowedSans === undefined && 'client_allowed_sans',
    now.users.size > 0 && next.users.size === 0 && 'basic_auth_users',
  ];
  return lost.filter((one) => one !== false);
}
