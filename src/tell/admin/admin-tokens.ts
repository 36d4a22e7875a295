/** Who may do what on the admin listener, by bearer tokens in files (RFC 6750). */
import { AppError } from '../../catalog/errors.ts';
import { sameSecret } from '../../host/digest.ts';
import { readTokenFile } from '../../host/token-file.ts';
import { parseListenAddress } from '../listen-address.ts';

/** What a token opens. */
export const adminScopes = ['rollback', 'deployments'] as const;
export type AdminScope = (typeof adminScopes)[number];

/** One entry of `admin.tokens`; two of one scope are how a token is changed without a gap. */
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

/** Throws AppError for settings that would let in everybody who reaches the host, and for an address that is none. */
export function checkAdmin({ listen, tokens }: AdminSettings): void {
  const { host } = parseListenAddress(listen, 'admin.listen');
  if (tokens.length > 0 || (host !== undefined && loopback.test(host))) return;
  throw new AppError(
    `cannot listen on ${listen}`,
    'anybody who reaches it could ask for rollbacks: admin.tokens names no file',
    'name files of tokens under admin.tokens, or listen on 127.0.0.1',
  );
}

/**
 * What whoever sent this header may do. The files are read anew, and all of them are compared, whichever fits; one that cannot be used lets nobody in, and is
 * reported.
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

/** Throws AppError for a file that cannot be used as it is now. */
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
