import { appOfModules, download, requiring } from '../modules.ts';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a requirement that another one raises',
  on: ['1.26.0', '1.21.13'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  drift: (site) =>
    site.write(
      'go.mod',
      requiring('require example.com/a v1.1.0', 'require example.com/b v1.0.0 // indirect'),
    ),
  go: { run: 'go build ./...', exit: 1, says: /updates to go.mod needed/ },
  finds: [{ rule: 'requirement-overridden', level: 'major', says: /every build fails with/ }],
  repair: inShell(/^(go get example\.com\/b@v1\.1\.0), or go mod tidy/),
};
