/** What is found by comparing: with a baseline, a pin or a demand (contract §2). */
import type { RuleRow } from './rule-row.ts';

/** The rules that need a baseline, a pin or a demand (contract §2): id, highest level, and what holds. Their facet is that of the key. */
export const comparisonRules = [
  { rule: 'added', level: 'major', holds: 'an entry is set that the baseline has not' },
  { rule: 'removed', level: 'major', holds: 'an entry of the baseline is gone' },
  { rule: 'changed', level: 'major', holds: 'an entry has another value than in the baseline' },
  { rule: 'pin-go-version', level: 'major', holds: 'a build uses another Go than .go-version names' },
  { rule: 'pin-tool-versions', level: 'major', holds: 'a build uses another Go than .tool-versions names' },
  {
    rule: 'pin-mise-toml',
    level: 'major',
    holds: 'a build uses another Go than mise.toml, or another of the files of mise, names',
  },
  {
    rule: 'pin-go-mod',
    level: 'major',
    holds: 'a build uses an older Go than the go line of go.mod asks for',
  },
  {
    rule: 'pin-toolchain-line',
    level: 'major',
    holds: 'a build uses an older Go than the toolchain line asks for',
  },
  {
    rule: 'pin-go-work',
    level: 'major',
    holds: 'a build uses an older Go than the go line of go.work asks for',
  },
  { rule: 'pin-config', level: 'major', holds: 'a build uses another Go than the configuration names' },
  { rule: 'required-variable-missing', level: 'minor', holds: 'a variable is required here and not set' },
  {
    rule: 'baseline-missing',
    level: 'major',
    holds: 'a baseline is required (`--require-baseline`), and there is none',
  },
  {
    rule: 'baseline-edited',
    level: 'patch',
    holds:
      'the committed baseline is another than that of the revision which is compared with (`--baseline-ref`)',
  },
] as const satisfies readonly Omit<RuleRow, 'facet'>[];
