/** When a way back that did not work is tried again, in words: said by the line of the journal, and by whoever is there. */

/** The last moment that a calendar has: what is tried again then is tried again only when a person says so. */
export const onlyByPerson = 8_640_000_000_000_000;

/** What becomes of what has that id, ms since the epoch: nothing is silently given up. */
export function retryText(id: string, at: number): string {
  return at >= onlyByPerson
    ? `it is not tried again by itself: godrift deny ${id} tries it, godrift confirm ${id} keeps what stands there`
    : `it is tried again from ${new Date(at).toISOString()} on`;
}
