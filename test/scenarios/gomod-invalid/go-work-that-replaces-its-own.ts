import { byHand, withoutLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

const work = 'go 1.21\n\nuse .\nuse ./b\n';

export const scenario: Scenario = {
  title: 'a go.work that replaces a module which it uses',
  on: ['1.27.4', '1.21.13'],
  files: {
    'b/go.mod': 'module example.com/b\n\ngo 1.21\n',
    'b/b.go': 'package b\n',
    'c/go.mod': 'module example.com/b\n\ngo 1.21\n',
    'go.work': work,
  },
  drift: (site) => site.write('go.work', `${work}\nreplace example.com/b => ./c\n`),
  go: { run: 'go build ./...', exit: 1, says: /is replaced at all versions/ },
  finds: [{ rule: 'gomod-invalid', says: /is replaced at all versions/ }],
  repair: byHand(/^remove line (\d+) of ([^\s,]+)/, (_, [, line, file = '']) =>
    withoutLine(file, Number(line)),
  ),
};
