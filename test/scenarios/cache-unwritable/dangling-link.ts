import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'GOCACHE is a link to a disk that is not mounted',
  on: ['1.27.4'],
  needs: 'cache',
  drift: (site) => {
    mkdirSync(join(site.home, '.cache'), { recursive: true });
    symlinkSync(join(site.home, 'scratch/go-build'), join(site.home, '.cache/go-build'));
    site.env.GOCACHE = join(site.home, '.cache/go-build');
  },
  go: { run: 'go vet ./...', exit: 1, says: /failed to initialize build cache/ },
  finds: [{ rule: 'cache-unwritable' }],
  repair: inShell(/^(mkdir -p .*)$/),
};
