/** When a way back that did not work is tried again, in words: said by the line of the journal, and by whoever is there. */

/** A moment that means never, ms since the epoch: the last one that a Date can hold. What is due then is tried again only when a person says so. */
export const onlyByPerson = 8_640_000_000_000_000;

/** When what has that id is tried again; `at` in ms since the epoch, or {@link onlyByPerson}. */
export function retryText(id: string, at: number): string {
  return at >= onlyByPerson
    ? `it is not tried again by itself: godrift deny ${id} tries it, godrift confirm ${id} keeps what stands there`
    : `it is tried again from ${new Date(at).toISOString()} on`;
}
