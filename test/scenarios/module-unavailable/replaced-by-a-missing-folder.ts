import { requiring } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a replacement leads to a folder that was checked out on another machine only',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  drift: (site) => {
    site.write('go.mod', requiring('require example.com/lib v0.0.0', 'replace example.com/lib => ../lib'));
    site.write('app.go', 'package app\n\nimport _ "example.com/lib"\n');
  },
  go: {
    run: 'go build ./...',
    exit: 1,
    says: /replaced by \.\.\/lib|replacement directory \.\.\/lib does not exist/,
  },
  finds: [{ rule: 'module-unavailable', says: /\.\.\/lib/ }],
  repair: byHand(/^check the module out there/, (site) => {
    site.write('../lib/go.mod', 'module example.com/lib\n');
    site.write('../lib/lib.go', 'package lib\n');
  }),
};
