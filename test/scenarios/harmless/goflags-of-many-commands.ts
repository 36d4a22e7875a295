import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOFLAGS of many commands',
  on: ['1.27.4'],
  world: sets({
    GOFLAGS:
      "-mod=readonly -tags=netgo,osusergo --race=false -count=1 '-ldflags=-s -w' -buildvcs=false -p=4 -x=false -v=false",
  }),
};
