import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'the workspace becomes a repository with a commit',
  on: ['1.26.0'],
  change: async (site) => {
    const said = await site.shell(
      'git init -q . && git add . && git -c user.name=a -c user.email=a@example.com commit -qm one',
    );
    if (said.exitCode !== 0) throw new Error(said.text);
  },
};
