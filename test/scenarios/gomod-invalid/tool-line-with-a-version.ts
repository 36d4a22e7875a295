import { byHand, withoutLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { gomod } from '../site.ts';

export const scenario: Scenario = {
  title: 'a tool line with a version, as go install takes it',
  on: ['1.27.4', '1.24.13'],
  files: gomod('go 1.24'),
  drift: (site) =>
    site.write('go.mod', 'module example.com/app\n\ngo 1.24\n\ntool example.com/cmd/x@v1.0.0\n'),
  go: { run: 'go build ./...', exit: 1, says: /malformed tool path/ },
  finds: [{ rule: 'gomod-invalid', says: /malformed tool path/ }],
  repair: byHand(/^correct (\S+):(\d+)$/, (_, [, file = '', line]) => withoutLine(file, Number(line))),
};
