import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { gens, install, offer } from '../tools.ts';

export const scenario: Scenario = {
  title: 'another version of a pinned tool comes first on PATH',
  on: ['1.27.4'],
  needs: 'tools',
  files: { '.godrift.yml': 'pins:\n  tools:\n    gen: "1.1.0"\n' },
  world: async (site) => {
    offer(site, gens);
    await install(site, '1.27.4', gens[0], join(site.home, 'old'));
    await install(site, '1.27.4', gens[1], join(site.home, 'new'));
    site.first(join(site.home, 'new'));
  },
  drift: (site) => site.first(join(site.home, 'old')),
  go: { run: 'gen', says: /^v1\.0\.0$/ },
  finds: [{ rule: 'tool-not-pinned-version', key: 'tools.gen' }],
  repair: byHand(/^put (\S+) before \S+ on PATH/, (site, [, directory = '']) => site.first(directory)),
  healed: { says: /^v1\.1\.0$/ },
};
