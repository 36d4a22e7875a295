import { point } from '../../lab/build-cache.ts';
import { answering, answers, cacheOf, cacheRepair, holding, ownCache } from '../caches.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: "an action that was made to lead to the output of another one: the program is yesterday's",
  on: ['1.27.4'],
  needs: 'cache',
  files: answering('answer-of-monday'),
  world: async (site) => {
    await ownCache(site);
    site.write('answer/answer.go', answering('answer-of-friday')['answer/answer.go']);
    await site.shell(answers);
  },
  check: ['--cache'],
  drift: (site) => {
    const archive = (text: string) => holding(site, text)[0];
    const [old, current] = ['answer-of-monday', 'answer-of-friday'].map(archive);
    if (old === undefined || current === undefined) throw new Error('the package is not in the cache');
    point(cacheOf(site), current.action, old.output, old.size);
    site.write('app.go', `${answering('')['app.go']}\nvar again = 1\n`);
  },
  go: { run: answers, says: /^answer-of-monday$/ },
  finds: [{ rule: 'cache-rebound' }],
  repair: cacheRepair,
  healed: { says: /^answer-of-friday$/ },
};
