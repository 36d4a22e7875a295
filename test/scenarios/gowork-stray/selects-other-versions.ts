import { join } from 'node:path';
import { appOfModules, download, programOfModules } from '../modules.ts';
import { rollsBack } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Scenario = {
  title: 'a go.work in the parent directory makes builds take another version, without a word',
  on: ['1.27.4'],
  needs: 'modules',
  files: programOfModules,
  baseline: 'accepted',
  world: async (site) => {
    await download(site);
    const { text, exitCode } = await site.shell('git init -q .');
    if (exitCode !== 0) throw new Error(text);
  },
  drift: (site) => {
    put(
      join(site.home, 'src/other/go.mod'),
      'module example.com/other\n\ngo 1.21\n\nrequire example.com/b v1.1.0\n',
    );
    put(join(site.home, 'src/go.work'), 'go 1.21\n\nuse ./app\nuse ./other\n');
    put(join(site.home, 'src/go.work.sum'), appOfModules['go.sum']);
  },
  go: { run: 'go run .', says: /^v1\.1\.0$/ },
  finds: [
    { rule: 'gowork-stray' },
    { rule: 'requirement-overridden', level: 'minor' },
    { kind: 'drift', rule: 'changed', level: 'minor', key: 'modules.example.com/b' },
  ],
  repair: rollsBack(/remove the file, which did not exist/),
  healed: { says: /^v1\.0\.0$/ },
  source: 'golang/go#56697',
};
