/** Text about the next try of a failed revert, for the journal and for terminals. */

/**
 * A time that means "never", ms since the epoch: the largest that a Date can hold. A revert due then is tried
 * again only at a user's command.
 */
export const onlyByPerson = 8_640_000_000_000_000;

/**
 * Returns when the revert with that id is tried again. `at` is ms since the epoch, or {@link onlyByPerson}.
 */
export function retryText(id: string, at: number): string {
  return at >= onlyByPerson
    ? `it is not tried again by itself: godrift deny ${id} tries it, godrift confirm ${id} keeps what stands there`
    : `it is tried again from ${new Date(at).toISOString()} on`;
}
