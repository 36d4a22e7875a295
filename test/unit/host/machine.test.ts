/** The wall clock may be set at any time, so durations are measured with `steadyClock`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const src = join(import.meta.dirname, '../../../src');

/** The files that may read the wall clock, and what for. */
const dates: Readonly<Record<string, string>> = {
  'host/machine.ts': 'the clock of dates',
  'host/leftovers.ts': 'the age of a file that was left behind',
  'host/read-trace.ts': 'the age of a write, as its time has it',
  'host/self.ts': 'when the process began',
  'tell/listener.ts': 'the moment that the status page shows',
  'tell/notify/post.ts': 'a date in Retry-After',
  'demo/services.ts': 'when a message of the demo came',
  'demo/run-scenario.ts': 'when the demo did something',
};

it('the sources read the wall clock only for dates', () => {
  const asking = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && /\bDate\.now\(/.test(readFileSync(join(src, file), 'utf8')))
    .sort();
  expect(asking).toEqual(Object.keys(dates).sort());
});
