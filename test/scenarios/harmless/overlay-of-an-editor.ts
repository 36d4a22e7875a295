import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'an overlay that is whole, and one of its files for another platform',
  on: ['1.27.4', '1.21.13'],
  files: {
    'overlay.json':
      '{"Replace":{"app.go":"unsaved","x_windows.go":"gone.go","testdata/y.go":"gone.go","notes.txt":"gone"}}',
    unsaved: 'package app\n',
  },
  world: sets({ GOFLAGS: "-overlay=overlay.json '-ldflags=-s -w' -gcflags=all=", GOMEMLIMIT: '4GiB' }),
};
