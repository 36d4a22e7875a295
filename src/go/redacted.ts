/** The word that replaces a secret. */
export const redacted = 'redacted';

/** Hides the value of `name=value`, and any other text entirely. */
export function redactAssignment(text: string): string {
  const name = /^['"]?([\w./~-]+)=/.exec(text)?.[1];
  return name === undefined ? redacted : `${name}=${redacted}`;
}
