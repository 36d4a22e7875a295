import type { HandMade } from '../../lab/module-proxy.ts';
import { sumLines } from '../../lab/module-proxy.ts';
import { download } from '../modules.ts';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

const newer: HandMade = { path: 'example.com/b', version: 'v1.0.0', go: '1.25.0' };
const goMod = (go: string) => `module example.com/app\n\ngo ${go}\n\nrequire example.com/b v1.0.0\n`;

export const scenario: Scenario = {
  title: 'somebody lowers the go line below that of a dependency',
  on: ['1.26.0', '1.27.4'],
  needs: 'modules',
  files: {
    'go.mod': goMod('1.25.0'),
    'go.sum': sumLines([newer]),
    'app.go': 'package app\n\nimport "example.com/b"\n\nconst V = b.V\n',
  },
  world: (site) => download(site, [newer]),
  drift: (site) => site.write('go.mod', goMod('1.21')),
  go: { run: 'go build ./...', exit: 1, says: /updates to go\.mod needed/ },
  finds: [{ rule: 'gomod-invalid', key: 'modules.go_mod', says: /whose go line is 1\.25\.0/ }],
  repair: inShell(/^run (go mod tidy), which raises the go line$/),
};
