/** Reading probable writers back from a journal. */
import { describe, expect, it } from 'vitest';
import { type ProbableWriter, probableWriterIn, writerText } from '../../../src/drift/probable-writer.ts';

const about = {
  path: '/src/api/go.mod',
  facets: ['modules'],
  changed: 1_795_417_200_500.25,
  confidence: 'likely',
} as const;
const all: readonly ProbableWriter[] = [
  {
    ...about,
    how: 'git',
    command: 'pull',
    at: 1_795_417_200_000,
    commit: '0123456789abcdef0123456789abcdef01234567',
  },
  { ...about, how: 'open', program: 'ed', pid: 7, started: 1_795_417_100_000 },
  { ...about, how: 'owner', uid: 4711 },
];

describe('probableWriterIn', () => {
  it.each(all)('reads a written writer back: $how', (writer) => {
    const read = JSON.parse(JSON.stringify(writer));
    expect(probableWriterIn(read)).toEqual(writer);
    // Unknown fields, such as those of a newer version, are dropped.
    expect(probableWriterIn({ ...read, added: 'x' })).toEqual(writer);
  });

  it('returns undefined if any field has a wrong type or range', () => {
    for (const writer of all)
      for (const field of Object.keys(writer))
        for (const wrong of [
          undefined,
          null,
          {},
          [7],
          '\u0000'.repeat(field === 'path' ? 0 : 1),
          1e300,
          -1,
        ]) {
          const found = probableWriterIn({ ...writer, [field]: wrong });
          // Any string is valid in these fields.
          if (typeof wrong === 'string' && ['path', 'command', 'commit', 'program'].includes(field)) continue;
          expect(found === undefined || typeof writerText(found) === 'string').toBe(true);
          if (!(wrong === -1 && ['changed', 'at', 'started'].includes(field)))
            expect(found, `${writer.how} ${field} ${JSON.stringify(wrong)}`).toBeUndefined();
        }
    for (const wrong of [undefined, null, 7, 'git', [], {}]) expect(probableWriterIn(wrong)).toBeUndefined();
  });
});
