import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

const programs = (home: string) => join(home, 'programs');

export const scenario: Scenario = {
  title: 'the C compiler goes from PATH: go builds the files without cgo, and says nothing',
  on: ['1.21.13', '1.27.4'],
  files: {
    'app.go': 'package app\n\n// #include <stdlib.h>\nimport "C"\n',
    'plain.go': '//go:build !cgo\n\npackage app\n',
  },
  world: (site) => {
    mkdirSync(programs(site.home));
    symlinkSync('/usr/bin/gcc', join(programs(site.home), 'gcc'));
    site.env.PATH = [bin(site.version), programs(site.home)].join(':');
  },
  baseline: 'accepted',
  drift: (site) => {
    site.env.PATH = bin(site.version);
  },
  go: { run: 'go list -f "{{.GoFiles}} {{.CgoFiles}}"', says: /^\[plain\.go\] \[\]$/ },
  finds: [
    {
      kind: 'drift',
      rule: 'added',
      key: 'env.CGO_ENABLED',
      says: /was 1 and is 0 by itself, as the C compiler gcc is not found/,
    },
  ],
  repair: byHand(/^put the C compiler (gcc) on PATH again/, (site, [, name = '']) => {
    site.env.PATH = [bin(site.version), programs(site.home)].join(':');
    if (name !== 'gcc') throw new Error(`another compiler: ${name}`);
  }),
  healed: { says: /^\[\] \[app\.go\]$/ },
};
