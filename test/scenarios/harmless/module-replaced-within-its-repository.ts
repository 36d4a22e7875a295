import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a module of a repository that replaces what it requires by the folders beside it',
  source: 'open-telemetry/opentelemetry-collector',
  on: ['1.27.4'],
  needs: 'modules',
  files: {
    '../.git/HEAD': 'ref: refs/heads/main\n',
    'go.mod':
      'module example.com/app\n\ngo 1.21\n\nrequire example.com/lib v1.65.0\n\nreplace example.com/lib => ../lib\n',
    'app.go': 'package app\n\nimport _ "example.com/lib"\n',
    '../lib/go.mod': 'module example.com/lib\n\ngo 1.21\n',
    '../lib/lib.go': 'package lib\n',
  },
  silent: true,
};
