import { appOfModules } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a directory that go.mod ignores imports from a module that is not here',
  on: ['1.27.4'],
  files: {
    ...appOfModules,
    'go.mod': `${appOfModules['go.mod']}\nignore (\n\t./third_party\n\tgenerated\n)\n`,
    'app.go': 'package app\n',
    'third_party/x/x.go': 'package x\n\nimport _ "example.com/a"\n',
    'a/generated/y/y.go': 'package y\n\nimport _ "example.com/b"\n',
  },
  world: (site) => {
    site.env.GOPROXY = 'off';
  },
};
