/** Rules that compare a snapshot with a baseline, a pin or a requirement (contract §2). */
import type { RuleRow } from './rule-row.ts';

/**
 * These rules with id, highest level, and the condition under which they hold. The facet is that of the
 * entry's key.
 */
export const comparisonRules = [
  { rule: 'added', level: 'major', holds: 'an entry is set that is not in the baseline' },
  { rule: 'removed', level: 'major', holds: 'an entry of the baseline is gone' },
  { rule: 'changed', level: 'major', holds: 'the value of an entry differs from the baseline' },
  { rule: 'pin-go-version', level: 'major', holds: 'a build uses a Go other than the one in .go-version' },
  {
    rule: 'pin-tool-versions',
    level: 'major',
    holds: 'a build uses a Go other than the one in .tool-versions',
  },
  {
    rule: 'pin-mise-toml',
    level: 'major',
    holds: 'a build uses a Go other than the one in mise.toml or another configuration file of mise',
  },
  {
    rule: 'pin-go-mod',
    level: 'major',
    holds: 'a build uses an older Go than the go line of go.mod requires',
  },
  {
    rule: 'pin-toolchain-line',
    level: 'major',
    holds: 'a build uses an older Go than the toolchain line requires',
  },
  {
    rule: 'pin-go-work',
    level: 'major',
    holds: 'a build uses an older Go than the go line of go.work requires',
  },
  { rule: 'pin-config', level: 'major', holds: 'a build uses a Go other than the one in the configuration' },
  { rule: 'required-variable-missing', level: 'minor', holds: 'a required variable is not set' },
  {
    rule: 'baseline-missing',
    level: 'major',
    holds: 'a baseline is required (`--require-baseline`), but there is none',
  },
  {
    rule: 'baseline-edited',
    level: 'patch',
    holds:
      'the committed baseline in the working tree differs from that of the revision given by `--baseline-ref`',
  },
] as const satisfies readonly Omit<RuleRow, 'facet'>[];
