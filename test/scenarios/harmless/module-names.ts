import { type HandMade, sumLines } from '../../lab/module-proxy.ts';
import { download, requiring } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

const modules: readonly HandMade[] = [
  { path: 'example.com/Big/Name', version: 'v1.2.3-RC.1' },
  { path: 'example.com/two/v2', version: 'v2.1.0' },
  { path: 'example.com/yaml.v3', version: 'v0.0.0-20240101000000-0123456789ab' },
];

export const scenario: Harmless = {
  title: 'modules with capitals, a major version and a pseudo-version in their names',
  on: ['1.27.4'],
  needs: 'modules',
  files: {
    'go.mod': requiring(...modules.map(({ path, version }) => `require ${path} ${version}`)),
    'go.sum': sumLines(modules),
    'app.go': `package app\n\nimport (\n${modules.map(({ path }) => `\t_ "${path}"\n`).join('')})\n`,
  },
  world: (site) => download(site, modules),
};
