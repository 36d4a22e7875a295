import { appOfModules, download } from '../modules.ts';
import { byHand, withoutLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a line of go.sum that is none',
  on: ['1.26.0'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  drift: (site) => site.write('go.sum', `<<<<<<< HEAD\n${appOfModules['go.sum']}`),
  go: { run: 'go build ./...', exit: 1, says: /malformed go.sum/ },
  finds: [{ rule: 'gosum-mismatch' }],
  repair: byHand(/^remove line (1) of (\S+),/, (_, [, line, file = '']) => withoutLine(file, Number(line))),
};
