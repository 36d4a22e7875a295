import type { Harmless } from '../scenario.ts';
import { gomod } from '../site.ts';

export const scenario: Harmless = {
  title: 'toolchain default',
  on: ['1.24.13'],
  files: gomod('go 1.24', '', 'toolchain default'),
  // A build would first have `go mod tidy` take the line away.
  go: { run: 'go version' },
};
