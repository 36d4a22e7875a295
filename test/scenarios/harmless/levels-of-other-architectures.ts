import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'levels of architectures that are not built for',
  on: ['1.27.4', '1.21.13'],
  change: sets({ GO386: 'softfloat', GOARM: '6', GOMIPS: 'softfloat', GOWASM: 'signext', GOPPC64: 'power9' }),
  silent: true,
};
