import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'the token in GOPROXY is a new one',
  on: ['1.26.0'],
  world: sets({ GOPROXY: 'https://ci:old-token@proxy.example.com,off' }),
  change: sets({ GOPROXY: 'https://ci:new-token@proxy.example.com,off' }),
};
