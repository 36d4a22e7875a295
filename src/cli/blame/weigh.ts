/** How likely something is the cause, now that the failure is known. Pure. */
import type { Atom, Part } from '../../explain/blame/atom.ts';

/** Shorter words are in every message. */
const shortest = 3;

/** An atom that the failure names is likelier than any other. */
export function atomLikelihood({ key, origin, title, likelihood }: Atom, message: string): number {
  const words = [
    key.slice(key.indexOf('.') + 1),
    ...(origin?.path ?? '').split('/').slice(-1),
    // What a rule foretells stands in quotes.
    ...[...title.matchAll(/"([^"]+)"/g)].map(([, said = '']) => said),
  ];
  const isNamed = words.some((word) => word.length >= shortest && message.includes(word));
  return likelihood * (isNamed ? 4 : 1);
}

/** A part whose module the failure names: go prints its path, and mostly it is that one. */
export function partLikelihood({ title, likelihood }: Part, message: string): number {
  const words = title.split(' ').filter((word) => /[./]/.test(word) && !/^v\d/.test(word));
  const isNamed = words.some((word) => word.length >= shortest && message.includes(word));
  return likelihood * (isNamed ? 20 : 1);
}
