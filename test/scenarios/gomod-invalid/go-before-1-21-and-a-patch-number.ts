import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Scenario = {
  title: 'a go line with a patch number and a go of before 1.21',
  on: ['1.20.14'],
  files: { 'go.mod': 'module example.com/app\n\ngo 1.20\n' },
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.25.0\n'),
  go: { run: 'go list ./...', exit: 1, says: /go\.mod:3: invalid go version '1\.25\.0'/ },
  finds: [
    { rule: 'gomod-invalid', says: /go\.mod:3: invalid go version/ },
    { rule: 'pin-go-mod', kind: 'pin', level: 'minor' },
  ],
  repair: byHand(/^put a go >= 1\.25\.0 first on PATH/, (site) => site.first(bin('1.27.4'))),
  source: 'Hsn723/postfix_exporter#141, FreifunkBremen/yanic#247',
};
