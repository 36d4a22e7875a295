/** Sizes with binary units. */

const units = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;

/** Parses a size (`64MiB`, `1GiB`) into bytes; undefined if it is invalid. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,9})(KiB|MiB|GiB)$/.exec(text) ?? [];
  return unit === undefined ? undefined : Number(amount) * units[unit as keyof typeof units];
}
