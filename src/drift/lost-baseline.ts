/**
 * A baseline that is known to be in force but cannot be used. The current state may be the very drift that it
 * would have shown. Therefore no other baseline replaces it automatically, neither a newly learned nor an
 * older learned one, until a user accepts a baseline.
 */
import { makeItReadable } from '../catalog/errors.ts';
import type { Finding } from './model.ts';

export interface LostBaseline {
  readonly kind: 'committed' | 'accepted' | 'learned';
  /** Why it cannot be used, in one line, without the repair. */
  readonly why: string;
  /** The file exists but could not be read this time; the next observation tries again. */
  readonly unread?: true;
}

/** Returns the repair of a lost baseline. */
function wayOut({ kind, unread }: LostBaseline): string {
  if (unread === true) return makeItReadable;
  const accept = 'see what is there now, then run godrift baseline accept --reason …';
  return kind === 'committed' ? `restore .godrift.snapshot, or ${accept}` : accept;
}

/** Returns the finding that a target has lost its baseline. */
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

/**
 * Returns the finding that the hidden part of these entries (`env.GOPROXY`) could not be compared, only the
 * visible part; empty without entries.
 */
export function lostSecrets(entries: readonly string[]): readonly Finding[] {
  if (entries.length === 0) return [];
  return [
    {
      kind: 'missing',
      rule: 'baseline-missing',
      facet: 'context',
      level: 'minor',
      key: 'context.baseline',
      summary: `whether the hidden part of ${entries.join(', ')} changed is not known: the key of the state directory, with which it was hashed, was replaced, is damaged, or is not readable for this user`,
      repair:
        'restore the file key of the state directory, or see what is there and run godrift baseline accept --reason …',
    },
  ];
}
