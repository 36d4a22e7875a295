/** The corpus as it lies in the folders here, and the table that a run of it ends with. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from './play.ts';
import type { Harmless, Scenario } from './scenario.ts';

/** A scenario and its name, `goroot-mismatch/left-in-the-shell`. */
export interface Named<T> {
  readonly name: string;
  readonly scenario: T;
}

async function load(folder: string): Promise<Named<Scenario | Harmless>[]> {
  const files = readdirSync(join(import.meta.dirname, folder)).filter((file) => file.endsWith('.ts'));
  return await Promise.all(
    files.sort().map(async (file) => ({
      name: `${folder}/${file.replace(/\.ts$/, '')}`,
      scenario: (await import(join(import.meta.dirname, folder, file))).scenario,
    })),
  );
}

/** Every scenario, by name. */
export async function loadCorpus(): Promise<{
  readonly scenarios: readonly Named<Scenario>[];
  readonly harmless: readonly Named<Harmless>[];
}> {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const all = (await Promise.all(folders.map(load))).flat();
  const quiet = ({ name }: Named<unknown>) => name.startsWith('harmless/');
  return {
    scenarios: all.filter((one) => !quiet(one)) as Named<Scenario>[],
    harmless: all.filter(quiet) as Named<Harmless>[],
  };
}

const word = (value: boolean | undefined) => (value === undefined ? '-' : value ? 'yes' : 'no');

/** The table: what go noticed, what godrift did, a line a scenario and toolchain, and the sums. */
export function tableOf(rows: readonly Row[]): string {
  const columns = ['go noticed', 'godrift noticed', 'named the rule', 'repair healed'] as const;
  const cells = (row: Row) => [row.goNoticed, row.noticed, row.named, row.healed];
  const width = Math.max(...rows.map((row) => row.scenario.length + row.on.length + 3));
  const line = (head: string, values: readonly string[]) =>
    [head.padEnd(width), ...values.map((value, index) => value.padEnd(columns[index]?.length ?? 0))].join(
      '  ',
    );
  const sums = columns.map((_, index) => `${rows.filter((row) => cells(row)[index] === true).length}`);
  return [
    line('scenario', columns),
    ...rows.map((row) => line(`${row.scenario} (${row.on})`, cells(row).map(word))),
    line(`of ${rows.length}`, sums),
  ].join('\n');
}
