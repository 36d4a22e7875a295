/** A failed revert is retried, at growing intervals, and not for ever. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { onlyByPerson, retryText } from '../../../src/drift/retry-text.ts';
import { recordRefusal } from '../../../src/undo/record-plan.ts';
import { scratch } from '../../lab/toolchains.ts';
import { noon } from '../tell/states.ts';
import { asked, lines, recording, signature, trace } from './recording.ts';

const named = { target: 'api', workspace: '/src', facet: 'env' } as const;
const id = 'c'.repeat(16);

describe('a failed revert', () => {
  it('is retried at once, then at growing intervals, and finally only by a person', async () => {
    const directory = path.join(scratch('retry'), 'state');
    const refused = (facet: 'env' | 'modules' = 'env', lasting = false) =>
      recording(directory, (recorder) =>
        recordRefusal(
          { ...named, facet },
          ['it is in the way'],
          { recorder, signature, trace, asked: { ...asked, trigger: 'unconfirmed', reverts: id } },
          { lasting },
        ),
      );
    const at: (number | undefined)[] = [];
    for (let time = 0; time < 7; time++) {
      const recorded = await refused();
      at.push('problem' in recorded ? undefined : recorded.retryAt);
    }
    const minutes = at.map((one) => (one === onlyByPerson ? 'never' : ((one ?? 0) - noon) / 60_000));
    expect(minutes).toEqual([0, 0.5, 2, 10, 30, 'never', 'never']);
    expect(await refused('modules')).toMatchObject({ retryAt: noon });
    expect(await refused('env', true)).not.toHaveProperty('retryAt');
    expect((await lines(directory)).map(({ retry_at: again }) => again)).toEqual([...at, noon, undefined]);
  });

  it('says when it is retried, and what a person can do when it is given up', () => {
    expect(retryText(id, noon)).toBe(`it is tried again from ${new Date(noon).toISOString()} on`);
    expect(retryText(id, onlyByPerson)).toContain(`godrift deny ${id}`);
  });
});
