import { appOfModules, download, requiresBoth } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'go work vendor',
  on: ['1.26.0'],
  needs: 'modules',
  files: {
    ...appOfModules,
    'go.mod': `module example.com/app\n\ngo 1.23\n\n${requiresBoth.join('\n')}\n`,
    'go.work': 'go 1.23\n\nuse (\n\t.\n\t./lib\n)\n',
    'lib/go.mod': 'module example.com/lib\n\ngo 1.23\n',
    'lib/lib.go': 'package lib\n',
  },
  world: async (site) => {
    await download(site);
    const { text, exitCode } = await site.shell('go work vendor');
    if (exitCode !== 0) throw new Error(text);
  },
};
