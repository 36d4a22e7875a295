import { appOfModules, download, requiring } from '../modules.ts';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a go.work in which another module needs more',
  on: ['1.27.4'],
  needs: 'modules',
  files: {
    ...appOfModules,
    'go.work': 'go 1.21\n\nuse .\nuse ./other\n',
    'go.mod': requiring('require example.com/b v1.0.0'),
    'app.go': 'package app\n\nimport _ "example.com/b"\n',
    'other/go.mod': 'module example.com/other\n\ngo 1.21\n\nrequire example.com/b v1.0.0\n',
    'go.work.sum': appOfModules['go.sum'],
  },
  world: (site) => download(site),
  drift: (site) =>
    site.write('other/go.mod', 'module example.com/other\n\ngo 1.21\n\nrequire example.com/b v1.1.0\n'),
  go: { run: 'go list -m example.com/b', says: /v1\.1\.0/ },
  finds: [{ rule: 'requirement-overridden', level: 'minor' }],
  repair: inShell(/^(go work sync)/),
  healed: { says: /v1\.[01]\.0/ },
};
