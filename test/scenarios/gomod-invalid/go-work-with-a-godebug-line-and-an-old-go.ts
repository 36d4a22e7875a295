import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

const work = (line: string) => `go 1.21\n\n${line}use .\n`;

export const scenario: Scenario = {
  title: 'a godebug line in go.work and a go that does not know it',
  on: ['1.21.13'],
  files: { 'go.work': work('') },
  drift: (site) => site.write('go.work', work('godebug asynctimerchan=1\n\n')),
  go: { run: 'go list ./...', exit: 1, says: /go\.work:3: unknown directive: godebug/ },
  finds: [{ rule: 'gomod-invalid', key: 'modules.go_work' }],
  repair: byHand(/^put a go >= 1\.23 first on PATH/, (site) => site.first(bin('1.26.0'))),
};
