import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'a build for wasm',
  on: ['1.27.4'],
  world: sets({ GOOS: 'js', GOARCH: 'wasm', GOWASM: 'satconv,signext' }),
};
