// `npm test`: runs the formatter and linter, the type checker, then every test project. The last line is `N
// passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';

const results = 'build/test-results.json';
const bin = (name) => `node_modules/.bin/${name}`;

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) throw error;
  return status === 0;
}

const checks = [
  ['biome', ['check', '--error-on-warnings', '.']],
  ['tsc', ['--noEmit']],
];
const broken = checks.filter(([name, args]) => !run(bin(name), args));

rmSync(results, { force: true });
const ran = run(bin('vitest'), [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${results}`,
  ...process.argv.slice(2),
]);

let summary = {
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numFailedTestSuites: 0,
};
try {
  summary = JSON.parse(readFileSync(results, 'utf8'));
} catch {
  console.error('no test results were written');
}
// Files that failed without a failed test: they could not be loaded, or their setup failed.
const suites =
  summary.testResults?.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length ?? 0;
const failed =
  summary.numFailedTests + suites + broken.length + (ran || summary.numFailedTests + suites > 0 ? 0 : 1);
for (const [name] of broken) console.error(`${name} found problems, see above`);
console.log(
  `${summary.numPassedTests} passed, ${failed} failed, ${summary.numPendingTests + summary.numTodoTests} skipped`,
);
process.exitCode = failed === 0 ? 0 : 1;
