import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'a proxy of the network, with a password in it',
  on: ['1.27.4'],
  change: sets({ HTTPS_PROXY: 'http://me:secret@proxy.example.com:3128', no_proxy: 'localhost' }),
};
