/**
 * What a web configuration file demands of a listener, in the words of the exporter-toolkit's format, and what a new one would take away. Pure.
 * The format: github.com/prometheus/exporter-toolkit, docs/web-configuration.md.
 */

/** Policies about client certificates: crypto/tls of Go, ClientAuthType. `RequireClientCert` is an old name of `RequireAnyClientCert`. */
export const clientAuthTypes = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;
export type ClientAuthType = (typeof clientAuthTypes)[number];

/** `tls_server_config`, with the content of the files that it names. */
export interface TlsSettings {
  /** PEM: the certificate of the server and those that lead to its root. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  readonly clientAuth: ClientAuthType;
  /** PEM: who may have signed a client's certificate. */
  readonly clientCa?: string;
  /** One of them has to be a subject alternative name of the client's certificate. */
  readonly allowedSans?: readonly string[];
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3';
  /** In OpenSSL's names, colons between them; its default unless given. */
  readonly ciphers?: string;
  readonly curves?: string;
}

/** `rate_limit`: a token bucket. */
export interface RateLimit {
  /** Between two requests in the long run, ms. */
  readonly intervalMs: number;
  /** Requests that may come at once. */
  readonly burst: number;
}

/** One web configuration. */
export interface WebSettings {
  /** Plain HTTP without it. */
  readonly tls?: TlsSettings;
  /** Of every answer, instead of godrift's own; an empty value: no such header. */
  readonly headers: Readonly<Record<string, string>>;
  /** bcrypt hashes of passwords by user; with none everybody is let in. */
  readonly users: ReadonlyMap<string, string>;
  readonly rateLimit?: RateLimit;
}

/** Nothing is demanded of anybody. */
export const openSettings: WebSettings = { headers: {}, users: new Map() };

/** How much a policy asks of a client: nothing, a certificate (of anybody, or a valid one of who has any), a valid one. */
const demands: Readonly<Record<ClientAuthType, number>> = {
  NoClientCert: 0,
  RequestClientCert: 0,
  RequireAnyClientCert: 1,
  VerifyClientCertIfGiven: 1,
  RequireAndVerifyClientCert: 2,
};

/**
 * What `next` would no longer ask of clients that `now` asks. A file that is being written, or was cut off, looks just like one in which somebody
 * switched something off: so a running exporter never takes such a file.
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
