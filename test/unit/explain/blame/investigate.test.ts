import { describe, expect, it } from 'vitest';
import {
  investigate,
  type Question,
  Stopped,
  type Tried,
} from '../../../../src/explain/blame/investigate.ts';
import type { Suspect } from '../../../../src/explain/blame/search.ts';
import type { Ending } from '../../../../src/explain/blame/verdict.ts';

const suspects: readonly Suspect[] = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ id, likelihood: 1 }));
const passes: Ending = { exitCode: 0, timedOut: false, output: '' };
const fails = (output = 'it broke\n'): Ending => ({ exitCode: 1, timedOut: false, output });

function ask(run: (present: readonly string[]) => Ending, more: Partial<Question> = {}) {
  const worlds: Tried[] = [];
  const answer = investigate({
    suspects,
    run: async (present) => run(present),
    tried: (world) => worlds.push(world),
    ...more,
  });
  return answer.then((finished) => ({ finished, worlds }));
}

describe('investigate', () => {
  it('finds the cause, its message, and that removing it repairs the command', async () => {
    const { finished, worlds } = await ask((present) => (present.includes('c') ? fails() : passes));
    expect(finished).toEqual({
      result: 'found',
      message: 'it broke',
      causes: [{ ids: ['c'], message: 'it broke', healedBy: ['c'] }],
    });
    expect(worlds.length).toBeLessThanOrEqual(12);
    expect(worlds.slice(0, 4).map(({ verdict }) => verdict)).toEqual(['fails', 'fails', 'passes', 'passes']);
  });

  it('finds a cause of two suspects, and that removing one of them repairs the command', async () => {
    const { finished } = await ask((present) =>
      present.includes('b') && present.includes('e') ? fails() : passes,
    );
    expect(finished).toMatchObject({ result: 'found', causes: [{ healedBy: ['b'] }] });
    const [cause] = finished.result === 'found' ? finished.causes : [];
    expect([...(cause?.ids ?? [])].sort()).toEqual(['b', 'e']);
  });

  it('finds two independent causes, and that both must be removed', async () => {
    const { finished } = await ask((present) =>
      present.includes('a') ? fails('one\n') : present.includes('f') ? fails('other\n') : passes,
    );
    expect(finished).toMatchObject({
      result: 'found',
      causes: [
        { ids: ['a'], message: 'one' },
        { ids: ['f'], message: 'other', healedBy: ['f'] },
      ],
    });
    expect(finished.result === 'found' && finished.causes[0]?.healedBy).toBe(undefined);
  });

  it('finds no cause for a command that passes or is flaky', async () => {
    expect((await ask(() => passes)).finished).toEqual({ result: 'passes' });
    let turn = 0;
    const inTurn =
      (...endings: readonly Ending[]) =>
      () =>
        endings[turn++ % endings.length] as Ending;
    expect((await ask(inTurn(fails(), passes))).finished).toMatchObject({
      result: 'flaky',
      world: 'present',
    });
    turn = 0;
    expect((await ask(inTurn(fails(), fails(), passes, fails()))).finished).toMatchObject({
      result: 'flaky',
      world: 'approved',
    });
    turn = 0;
    const once = (present: readonly string[]) =>
      present.length === 1 && turn++ > 0 ? passes : present.includes('d') ? fails() : passes;
    expect((await ask(once)).finished).toMatchObject({ result: 'flaky', world: 'cause' });
  });

  it('reports not-reproduced once there are no more suspects', async () => {
    let calls = 0;
    const rounds = [[{ id: 'finding', likelihood: 1 }], [{ id: 'cache', likelihood: 4 }], []];
    const more = async () => rounds[calls++] ?? [];
    const found = await ask((present) => (present.includes('cache') || calls < 2 ? fails() : passes), {
      more,
    });
    expect(found.finished).toMatchObject({ result: 'found', causes: [{ ids: ['cache'] }] });
    expect(calls).toBe(2);
    const nothing = await ask(() => fails());
    expect(nothing.finished).toMatchObject({
      result: 'not-reproduced',
      message: 'it broke',
      approved: 'it broke',
    });
  });

  it('reports the remaining suspects if it is stopped', async () => {
    let calls = 0;
    const { finished } = await ask((present) => {
      if (++calls === 7) throw new Stopped();
      return present.includes('f') ? fails() : passes;
    });
    expect(finished).toMatchObject({ result: 'stopped', message: 'it broke' });
    expect(finished.result === 'stopped' && finished.left.length).toBeLessThan(suspects.length);
  });
});
