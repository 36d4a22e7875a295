import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'a removed GODEBUG that asks for what is now normal',
  on: ['1.27.4'],
  world: sets({ GODEBUG: 'tls3des=0' }),
};
