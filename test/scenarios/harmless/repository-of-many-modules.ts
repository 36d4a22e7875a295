import { appOfModules, download } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title:
    'a repository whose modules require versions of each other that nobody published, built together by go.work',
  source: 'etcd-io/etcd',
  on: ['1.26.0', '1.21.13'],
  needs: 'modules',
  files: {
    ...appOfModules,
    '.git/HEAD': 'ref: refs/heads/main\n',
    'go.work': 'go 1.21\n\nuse (\n\t.\n\t./api\n\t./client\n)\n',
    'go.mod':
      'module example.com/app\n\ngo 1.21\n\nrequire (\n\texample.com/app/api v1.2.0\n\texample.com/app/client v1.2.0\n)\n',
    'app.go': 'package app\n\nimport _ "example.com/app/client"\n',
    'api/go.mod': 'module example.com/app/api\n\ngo 1.21\n',
    'api/api.go': 'package api\n',
    'client/go.mod': 'module example.com/app/client\n\ngo 1.21\n\nrequire example.com/app/api v1.1.0\n',
    'client/client.go': 'package client\n\nimport _ "example.com/app/api"\n',
  },
  world: (site) => download(site),
  silent: true,
};
