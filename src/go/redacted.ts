/** What stands in the place of a secret. */
export const redacted = 'redacted';

/** `name=value` keeps its name; anything else is hidden whole. */
export function redactAssignment(text: string): string {
  const name = /^['"]?([\w./~-]+)=/.exec(text)?.[1];
  return name === undefined ? redacted : `${name}=${redacted}`;
}
