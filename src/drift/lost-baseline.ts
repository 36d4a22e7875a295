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

/** The finding that of these entries (`env.GOPROXY`) only what is shown could be compared; none without entries. */
export function lostSecrets(entries: readonly string[]): readonly Finding[] {
  if (entries.length === 0) return [];
  return [
    {
      kind: 'missing',
      rule: 'baseline-missing',
      facet: 'context',
      level: 'minor',
      key: 'context.baseline',
      summary: `whether what is hidden changed in ${entries.join(', ')} is not known: the key of the state directory, by which it was hashed, is another one, damaged, or not readable for this user`,
      repair:
        'restore the file key of the state directory, or see what is there and run godrift baseline accept --reason …',
    },
  ];
}
