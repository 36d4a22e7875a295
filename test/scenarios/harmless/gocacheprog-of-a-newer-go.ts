import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title:
    'GOCACHEPROG for a newer go: this one keeps its cache in the directory, whatever the experiment says',
  on: ['1.21.13'],
  world: sets({ GOCACHEPROG: '/opt/remote-cache', GOEXPERIMENT: 'cacheprog' }),
};
