/** Who may do what on the admin listener, by bearer tokens in files (RFC 6750). */
import { AppError } from '../catalog/errors.ts';
import { sameSecret } from '../host/digest.ts';
import { readTokenFile } from '../host/token-file.ts';

/** What a token opens. */
export const adminScopes = ['rollback', 'deployments'] as const;
export type AdminScope = (typeof adminScopes)[number];

/** One entry of `admin.tokens`; two of one scope are how a token is changed without a gap. */
export interface TokenSetting {
  readonly file: string;
  readonly scope: AdminScope;
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
