/**
 * A baseline that is known to be in force and cannot be used: what stands there now may be the very drift that it was to show. So
 * nothing takes its place by itself, neither what is learned nor what was learned before it, until a person accepts one.
 */
import { makeItReadable } from '../catalog/errors.ts';
import type { Finding } from './model.ts';

export interface LostBaseline {
  readonly kind: 'committed' | 'accepted' | 'learned';
  /** One line, without what to do. */
  readonly why: string;
  /** It is there and could not be read this time: the next look tries again. */
  readonly unread?: true;
}

/** What makes a lost baseline one of the past. */
function wayOut({ kind, unread }: LostBaseline): string {
  if (unread === true) return makeItReadable;
  const accept = 'see what is there now, then run godrift baseline accept --reason …';
  return kind === 'committed' ? `restore .godrift.snapshot, or ${accept}` : accept;
}

/** The finding that a target has lost its baseline. */
export function lostBaseline(lost: LostBaseline): Finding {
  const { kind, why, unread } = lost;
  return {
    kind: 'missing',
    rule: 'baseline-missing',
    facet: 'context',
    level: 'major',
    key: 'context.baseline',
    summary: `the ${kind} baseline of this target cannot be ${unread === true ? 'read' : 'used'}: ${why}`,
    repair: wayOut(lost),
  };
}
