import { byHand, withoutLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

const main = (head: string) => `${head}package main\n\nfunc main() {}\n`;

export const scenario: Scenario = {
  title: 'a command below cmd keeps an old TLS setting alive, and the next Go has removed it',
  on: ['1.26.0'],
  source: 'golang/go#72111',
  files: { 'cmd/tool/main.go': main('// Tool talks to old servers.\n//go:debug tlsrsakex=1\n\n') },
  drift: (site) => site.first(bin('1.27.4')),
  go: { run: 'go build ./...', exit: 1, says: /removed GODEBUG "tlsrsakex" set to old value "1"/ },
  finds: [
    { rule: 'godebug-line', key: 'modules.godebug', says: /cmd\/tool\/main\.go:2, .*: removed GODEBUG/ },
  ],
  repair: byHand(/^remove line (\d+) of (\S+), /, (_, [, line, file = '']) =>
    withoutLine(file, Number(line)),
  ),
};
