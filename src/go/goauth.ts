/**
 * Checks GOAUTH, a list of authentication commands separated by semicolons (cmd/go/internal/auth/auth.go,
 * runGoAuth).
 */
import { fieldsOf } from './space.ts';

/**
 * Returns the error with which go fails at the first download over https, in go's words but without the
 * value, which may be secret; undefined if GOAUTH is valid.
 */
export function goauthProblem(goauth: string): string | undefined {
  const commands = goauth.split(';').map(fieldsOf);
  for (const [name, directory, ...more] of commands) {
    if (name === undefined) return 'GOAUTH encountered an empty command';
    if (name === 'off' && commands.length > 1)
      return 'GOAUTH=off cannot be combined with other authentication commands';
    if (name === 'git' && (directory === undefined || more.length > 0 || !directory.startsWith('/')))
      return 'GOAUTH=git dir method requires an absolute path to the git working directory';
  }
  return undefined;
}
