/** Estimates how likely something is the cause once the failure is known. Pure. */
import type { Atom, Part } from '../../explain/blame/atom.ts';

/** Shorter words occur in every message. */
const shortest = 3;

/** Returns the likelihood of an atom, raised if the failure names it. */
export function atomLikelihood({ key, origin, title, likelihood }: Atom, message: string): number {
  const words = [
    key.slice(key.indexOf('.') + 1),
    ...(origin?.path ?? '').split('/').slice(-1),
    // Rules quote the error that they predict.
    ...[...title.matchAll(/"([^"]+)"/g)].map(([, said = '']) => said),
  ];
  const isNamed = words.some((word) => word.length >= shortest && message.includes(word));
  return likelihood * (isNamed ? 4 : 1);
}

/**
 * Returns the likelihood of a part, raised a lot if the failure names its module: go prints the module path,
 * and mostly that module is the cause.
 */
export function partLikelihood({ title, likelihood }: Part, message: string): number {
  const words = title.split(' ').filter((word) => /[./]/.test(word) && !/^v\d/.test(word));
  const isNamed = words.some((word) => word.length >= shortest && message.includes(word));
  return likelihood * (isNamed ? 20 : 1);
}
