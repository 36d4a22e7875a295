import { requiring } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a replacement leads to a submodule that was not checked out: its folder is empty',
  on: ['1.26.0'],
  needs: 'modules',
  files: {
    'go.mod': requiring('require example.com/lib v0.0.0', 'replace example.com/lib => ./lib'),
    'go.work': 'go 1.21\n\nuse .\n',
    'app.go': 'package app\n\nimport _ "example.com/lib"\n',
    'lib/go.mod': 'module example.com/lib\n',
    'lib/lib.go': 'package lib\n',
  },
  drift: async (site) => {
    await site.shell('rm lib/*');
  },
  go: { run: 'go build ./...', exit: 1, says: /lib\/go\.mod: no such file/ },
  finds: [{ rule: 'module-unavailable', says: /\.\/lib/ }],
  repair: byHand(/^check the module out there/, (site) => {
    site.write('lib/go.mod', 'module example.com/lib\n');
    site.write('lib/lib.go', 'package lib\n');
  }),
};
