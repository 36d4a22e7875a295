import { download, programOfModules, requiring } from '../modules.ts';
import { rollsBack } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a dependency goes up by a patch release and by a minor one: the greater part counts',
  on: ['1.27.4'],
  needs: 'modules',
  files: programOfModules,
  baseline: 'accepted',
  world: (site) => download(site),
  drift: (site) =>
    site.write(
      'go.mod',
      requiring('require example.com/a v1.1.0', 'require example.com/b v1.1.0 // indirect'),
    ),
  go: { run: 'go run .', says: /^v1\.1\.0$/ },
  finds: [
    { kind: 'drift', rule: 'changed', level: 'minor', key: 'modules.example.com/b' },
    { kind: 'drift', rule: 'changed', level: 'minor', key: 'modules.example.com/a' },
  ],
  repair: rollsBack(/write the approved content/),
  healed: { says: /^v1\.0\.0$/ },
};
