import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'the same flags and the same private paths in another order',
  on: ['1.27.4'],
  world: sets({ GOFLAGS: '-trimpath -tags=a', GOPRIVATE: 'a.example.com,b.example.com' }),
  change: sets({ GOFLAGS: '-tags=a -trimpath', GOPRIVATE: 'b.example.com,a.example.com' }),
};
