/**
 * Checks the imports of the benchmarks. They are run by hand, so a removed name would otherwise go unnoticed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const directory = path.resolve(import.meta.dirname, '../../bench');
const benches = readdirSync(directory).filter((name) => name.endsWith('.js'));

/**
 * Matches what a benchmark imports from src/: the names, and in the same order the modules that export them.
 */
const loads = /const \[([^\]]*)\] = await load\(([^)]*)\)/g;

test.each(benches)('%s imports only names that src/ exports', async (name) => {
  for (const [, taken = '', modules = ''] of readFileSync(path.join(directory, name), 'utf8').matchAll(
    loads,
  )) {
    const names = [...taken.matchAll(/\{([^}]*)\}/g)].map(([, list = '']) =>
      list.split(',').map((one) => one.trim()),
    );
    const files = [...modules.matchAll(/'([^']+)'/g)].map(([, file]) => file as string);
    expect(names).toHaveLength(files.length);
    for (const [index, file] of files.entries()) {
      const module: object = await import(path.resolve(directory, '../src', `${file}.ts`));
      for (const one of names[index] ?? [])
        expect.soft(Object.keys(module), `${one} of ${file}`).toContain(one);
    }
  }
});
