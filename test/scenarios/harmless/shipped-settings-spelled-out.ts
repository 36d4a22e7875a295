import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'GOPROXY and GOSUMDB as the toolchain ships them',
  on: ['1.26.0'],
  change: (site) => {
    for (const line of readFileSync(join(site.goroot, 'go.env'), 'utf8').split('\n')) {
      const [name = '', value = ''] = line.split('=');
      if (name.startsWith('GO')) site.env[name] = value;
    }
  },
  go: { run: 'GOPROXY=off go build ./...' },
};
