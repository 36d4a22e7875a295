import { dirname, join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { put, type Site } from '../site.ts';

const money = (site: Site) => join(dirname(site.workspace), 'money');

export const scenario: Harmless = {
  title: 'a module is replaced by a folder of the same repository, and a file there is edited',
  on: ['1.26.0'],
  files: {
    'go.mod':
      'module example.com/app\n\ngo 1.21\n\nrequire example.com/money v1.0.0\n\nreplace example.com/money => ../money\n',
    'app.go': 'package app\n\nimport "example.com/money"\n\nvar Unit = money.Unit\n',
  },
  world: (site) => {
    put(join(dirname(site.workspace), '.git/HEAD'), 'ref: refs/heads/main\n');
    put(join(money(site), 'go.mod'), 'module example.com/money\n\ngo 1.21\n');
    put(join(money(site), 'money.go'), 'package money\n\nconst Unit = 1\n');
  },
  change: (site) => put(join(money(site), 'money.go'), 'package money\n\nconst Unit = 1000\n'),
  silent: true,
};
