/** Formats a count with its noun: `1 target`, `2 targets`. */
export const counted = (number: number, word: string): string =>
  `${number} ${word}${number === 1 ? '' : 's'}`;
