// `npm run bench`: runs every bench/<name>.js, prints what it measured beside its peer and its budget, and exits with 1 when a budget
// is missed. Budgets are ratios to a peer measured in the same run, so that the machine and its load cancel out.
// A bench exports `default {name, run({load, compare, older})}`, `older` being the program of `--against`, (or those two names) and returns rows {what, value, peer?, ratio?, budget?, ok?}.
// `npm run bench -- snapshot` runs one; `npm run bench -- check --against REV` measures that commit's build in the same run.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { buildOlder } from './shared/older.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const scratch = mkdtempSync(path.join(tmpdir(), 'godrift-bench-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
writeFileSync(path.join(scratch, 'package.json'), '{"type":"module"}');

/** The product's modules (paths below src/, without extension) as one namespace each, bundled as they are shipped. */
async function load(...modules) {
  const outdir = mkdtempSync(path.join(scratch, 'bundle-'));
  await build({
    entryPoints: Object.fromEntries(
      [...modules.map((name) => [name, name]), ['threads/pool', 'observe/pool/pool-thread']].map(
        ([out, name]) => [out, path.join(here, '..', 'src', `${name}.ts`)],
      ),
    ),
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minifySyntax: true,
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  return Promise.all(modules.map((name) => import(pathToFileURL(path.join(outdir, `${name}.js`)))));
}

/**
 * Times functions against each other: warmed up, then in turns, so that a busy moment of the machine hits all of them. Answers the
 * median of the rounds in ms a call, in the order of the functions.
 */
function compare(functions, { rounds = 40, minimumMs = 4 } = {}) {
  const calls = functions.map((run) => {
    const start = performance.now();
    let count = 0;
    for (; performance.now() - start < 150; count++) run();
    return Math.max(1, Math.ceil((count / 150) * minimumMs));
  });
  const times = functions.map(() => []);
  for (let round = 0; round < rounds; round++) {
    functions.forEach((run, index) => {
      globalThis.gc?.();
      const start = performance.now();
      for (let call = 0; call < calls[index]; call++) run();
      times[index].push((performance.now() - start) / calls[index]);
    });
  }
  return times.map((list) => list.sort((a, b) => a - b)[rounds >> 1]);
}

function print(name, rows) {
  const cells = rows.map((row) => [
    row.what,
    row.value,
    row.peer ?? '',
    row.ratio === undefined ? '' : row.ratio.toFixed(3),
    row.budget ?? '',
    row.ok === undefined ? '' : row.ok ? 'ok' : 'MISSED',
  ]);
  const head = [name, 'godrift', 'peer', 'ratio', 'budget', ''];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column].length)),
  );
  for (const row of [head, widths.map((width) => '-'.repeat(width)), ...cells]) {
    console.log(
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join('  ')
        .trimEnd(),
    );
  }
  console.log();
}

const { values, positionals: wanted } = parseArgs({
  options: { against: { type: 'string' } },
  allowPositionals: true,
});
const older = values.against === undefined ? undefined : buildOlder(values.against);
const files = readdirSync(here)
  .filter((file) => file.endsWith('.js') && file !== 'run.js')
  .sort();
const names = files
  .map((file) => file.slice(0, -3))
  .filter((name) => wanted.length === 0 || wanted.includes(name));
if (names.length === 0) {
  console.error(`no such bench: there are ${files.map((file) => file.slice(0, -3)).join(', ')}`);
  process.exit(2);
}
let missed = 0;
for (const file of names) {
  const module = await import(pathToFileURL(path.join(here, `${file}.js`)));
  const bench = module.default ?? module;
  const rows = (await bench.run({ load, compare, older })) ?? [];
  print(bench.name, rows);
  missed += rows.filter((row) => row.ok === false).length;
}
if (missed > 0) console.log(`${missed} budget${missed === 1 ? '' : 's'} missed`);
process.exitCode = missed > 0 ? 1 : 0;
