import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'the known checksum database from a mirror',
  on: ['1.27.4', '1.21.13'],
  world: (site) => {
    const settings = readFileSync(join(site.goroot, 'go.env'), 'utf8');
    const database = /^GOSUMDB=(\S+)$/m.exec(settings)?.[1] as string;
    sets({ GOSUMDB: `${database} https://mirror.example.org` })(site);
  },
};
