/** Authorizes callers of the admin listener by bearer tokens in files (RFC 6750). */
import { AppError } from '../../catalog/errors.ts';
import { sameSecret } from '../../host/digest.ts';
import { readTokenFile } from '../../host/token-file.ts';
import { parseListenAddress } from '../listen-address.ts';

/** What a token permits. */
export const adminScopes = ['rollback', 'deployments'] as const;
export type AdminScope = (typeof adminScopes)[number];

/** An entry of `admin.tokens`. Two entries of one scope allow a token to be rotated without a gap. */
export interface TokenSetting {
  readonly file: string;
  readonly scope: AdminScope;
}

/** `admin` of the configuration. */
export interface AdminSettings {
  /** `host:port`. */
  readonly listen: string;
  readonly tokens: readonly TokenSetting[];
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;

/**
 * Validates the settings. Throws AppError for an invalid address, and for an address beyond loopback without
 * tokens, which would admit everybody who reaches the host.
 */
export function checkAdmin({ listen, tokens }: AdminSettings): void {
  const { host } = parseListenAddress(listen, 'admin.listen');
  if (tokens.length > 0 || (host !== undefined && loopback.test(host))) return;
  throw new AppError(
    `cannot listen on ${listen}`,
    'anybody who reaches it could request rollbacks: admin.tokens names no file',
    'name files of tokens under admin.tokens, or listen on 127.0.0.1',
  );
}

/**
 * Returns the scopes that an `Authorization` header grants. The token files are read again for each request,
 * and every token is compared, even after a match. An unusable file grants nothing and is reported.
 */
export function scopesOf(
  tokens: readonly TokenSetting[],
  header: string | undefined,
  report: (file: string, why: string) => void,
): ReadonlySet<AdminScope> {
  const presented = /^bearer +([\x21-\x7e]+)$/i.exec(header ?? '')?.[1] ?? '';
  const scopes = new Set<AdminScope>();
  for (const { file, scope } of tokens) {
    const read = readTokenFile(file);
    if (!read.ok) report(file, read.why);
    else if (sameSecret(read.token, presented)) scopes.add(scope);
  }
  return scopes;
}

/** Throws AppError for the first token file that is unusable now. */
export function checkTokenFiles(tokens: readonly TokenSetting[]): void {
  for (const { file } of tokens) {
    const read = readTokenFile(file);
    if (!read.ok)
      throw new AppError(
        `cannot use the token ${file}`,
        read.why,
        'make it a file of mode 0600 with one line',
      );
  }
}
