import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Harmless = {
  title: 'the tree of a distribution, which keeps to its Go by a line of go.env',
  on: ['1.27.4'],
  clone: { at: 'sdk/go' },
  change: (site) => {
    unlinkSync(join(site.goroot, 'go.env'));
    put(
      join(site.goroot, 'go.env'),
      '# As packaged.\nGOPROXY=https://proxy.golang.org,direct\nGOSUMDB=sum.golang.org\nGOTOOLCHAIN=local\n',
    );
  },
};
