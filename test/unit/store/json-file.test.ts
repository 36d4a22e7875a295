/** Small JSON files of the state directory: valid, damaged, or written by a newer version. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { loadJson } from '../../../src/store/json-file.ts';
import { openStateDirectory } from '../../../src/store/state-directory.ts';
import { scratch } from './scratch.ts';

const schema = z.strictObject({ schema: z.literal(1), waivers: z.array(z.string()) });

async function loaded(text: string) {
  const directory = await scratch();
  const state = await openStateDirectory(directory);
  const file = join(directory, 'exemptions.json');
  writeFileSync(file, text);
  const answer = await loadJson(state, file, schema, 7);
  const names = readdirSync(directory).filter((name) => name.startsWith('exemptions.json'));
  return { answer, names, text: names.map((name) => readFileSync(join(directory, name), 'utf8')) };
}

describe('a file of the state directory', () => {
  it('is read if it is valid', async () => {
    const { answer } = await loaded('{"schema":1,"waivers":["a"]}\n');
    expect(answer).toEqual({ value: { schema: 1, waivers: ['a'] } });
  });

  it.each(['{"schema":2,"waivers":{"a":{"until":"2027"}}}\n', '{"schema":3}\n'])(
    'is left as it is and counts as unread if a newer version wrote it, so that it is not overwritten: %j',
    async (text) => {
      const { answer, names, text: kept } = await loaded(text);
      expect(answer).toMatchObject({
        unread: true,
        problem: expect.stringMatching(/of a newer godrift/),
      });
      expect(answer.value).toBeUndefined();
      expect(names).toEqual(['exemptions.json']);
      expect(kept).toEqual([text]);
    },
  );

  it.each([
    ['{"schema":1,"waiv', 'it is no JSON'],
    ['', 'it is no JSON'],
    ['[]', 'it must be an object'],
    ['{"schema":1}', 'waivers is missing: it must be a list'],
    ['{"schema":0,"waivers":[]}', 'schema must be 1'],
    ['{"schema":"2"}', 'schema must be 1'],
    ['{"schema":1.5}', 'schema must be 1'],
  ])(
    'is moved aside and kept if it is damaged, with a plain description of the damage: %j',
    async (text, why) => {
      const { answer, names, text: kept } = await loaded(text);
      expect(answer.problem).toContain(`is damaged (${why}), moved to `);
      expect(answer.unread).toBeUndefined();
      expect(names).toEqual(['exemptions.json.corrupt-7']);
      expect(kept).toEqual([text]);
    },
  );
});
