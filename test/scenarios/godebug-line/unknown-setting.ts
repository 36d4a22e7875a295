import { byHand, withoutLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a //go:debug line of the root package has a typing error',
  on: ['1.24.13', '1.27.4'],
  drift: (site) => site.write('debug.go', '//go:debug panicnill=1\n\npackage app\n'),
  go: { run: 'go build ./...', exit: 1, says: /invalid \/\/go:debug: unknown .*"panicnill"/ },
  finds: [
    { rule: 'godebug-line', key: 'modules.godebug', says: /debug\.go:1, .*: unknown godebug "panicnill"/ },
  ],
  repair: byHand(/^remove line (\d+) of (\S+), /, (_, [, line, file = '']) =>
    withoutLine(file, Number(line)),
  ),
};
