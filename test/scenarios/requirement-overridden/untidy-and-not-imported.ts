import { appOfModules, download, requiring } from '../modules.ts';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a requirement that one raises from which nothing is imported',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: { ...appOfModules, 'app.go': 'package app\n\nimport _ "example.com/b"\n' },
  world: (site) => download(site),
  drift: (site) =>
    site.write('go.mod', requiring('require example.com/a v1.1.0', 'require example.com/b v1.0.0')),
  go: { run: 'go build ./... && go list -m all', exit: 1, says: /updates to go.mod needed/ },
  finds: [{ rule: 'requirement-overridden', level: 'minor', says: /builds pass/ }],
  repair: inShell(/^(go get example\.com\/b@v1\.1\.0), or go mod tidy/),
};
