import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'the known checksum database from a mirror',
  on: ['1.27.4', '1.21.13'],
  world: sets({ GOSUMDB: 'sum.golang.org https://mirror.example.org' }),
};
