import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'a workspace below GOPATH/src',
  on: ['1.26.0'],
  world: (site) => sets({ GOPATH: site.home })(site),
};
