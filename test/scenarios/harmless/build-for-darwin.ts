import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'a build for darwin',
  on: ['1.26.0'],
  world: sets({ GOOS: 'darwin', GOARCH: 'arm64' }),
};
