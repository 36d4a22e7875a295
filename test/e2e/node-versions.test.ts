/** The built program and the unit tests on every Node release line that the package supports. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { makeWorld, patienceMs, program, seriesOf, startExporter } from '../lab/godrift.ts';
import { ensureNode, nodeVersions } from '../lab/node-versions.ts';
import { ensureToolchain, scratch } from '../lab/toolchains.ts';

const go = await ensureToolchain('1.27.4');
const top = join(import.meta.dirname, '../..');

const major = (version: string) => version.split('.')[0];

it('the oldest tested Node version is the minimum of package.json', () => {
  const { engines } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
  expect(`${engines.node}.0`).toBe(`>=${nodeVersions[0]}`);
});

interface FileResults {
  readonly message: string;
  readonly assertionResults: readonly {
    readonly fullName: string;
    readonly status: string;
    readonly failureMessages: readonly string[];
  }[];
}

/** The failures in a vitest report. */
const failures = (files: readonly FileResults[]) =>
  files.flatMap(({ message, assertionResults }) => [
    ...(message === '' ? [] : [message.slice(0, 2000)]),
    ...assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join('; ').slice(0, 2000)}`),
  ]);

describe.each(nodeVersions)('Node %s', (version) => {
  it('checks a workspace and serves its page', async () => {
    const node = await ensureNode(version);
    const world = makeWorld(go, { 'go.mod': 'module example.com/app\n\ngo 1.21\n', '.go-version': '1.26\n' });
    const options = { cwd: world.workspace, env: world.env, extendEnv: false, reject: false } as const;
    const { stdout, stderr, exitCode } = await execa(node, [program, 'check', '--json'], options);
    expect([exitCode, stderr]).toEqual([1, '']);
    const asked = await execa(node, [program, '--version'], options);
    expect(asked.stdout).toMatch(/^godrift, version \d+\.\d+\.\d+\S* \(revision: \w+\)\n/);
    expect(asked.stdout).toContain(`  node version:     v${version}\n`);
    expect(JSON.parse(stdout).findings[0]).toMatchObject({ rule: 'pin-go-version', actual: '1.27.4' });

    const exporter = await startExporter(world, [], { node });
    try {
      const page = await exporter.metrics();
      expect(seriesOf(page, 'godrift_build_info', { node_version: `v${version}` })).toBe(1);
      expect(seriesOf(page, 'godrift_drift_level', { facet: 'toolchain' })).toBeUndefined();
      expect(seriesOf(page, 'godrift_conflicts', { level: 'major' })).toBe(0);
    } finally {
      expect(await exporter.stop()).toBe(0);
    }
  });

  // The unit tests have already run on the Node line that runs this test.
  if (major(version) === major(process.versions.node)) return;

  it('passes the unit tests', async () => {
    const node = await ensureNode(version);
    const results = join(scratch('unit'), 'results.json');
    const own = Object.entries(process.env).filter(
      ([name]) => !/^(VITEST|NODE_|TEST$|DEV$|PROD$|MODE$)/.test(name),
    );
    const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit'];
    const run = await execa(node, [...args, '--reporter=json', `--outputFile=${results}`], {
      cwd: top,
      env: Object.fromEntries(own),
      extendEnv: false,
      reject: false,
      all: true,
      timeout: 6 * patienceMs,
    });
    const { numTotalTests, numPassedTests, testResults } = JSON.parse(readFileSync(results, 'utf8'));
    expect(failures(testResults), run.all?.slice(-1000)).toEqual([]);
    expect(run.exitCode, run.all?.slice(-4000)).toBe(0);
    expect(numTotalTests).toBeGreaterThan(1000);
    expect(numPassedTests).toBe(numTotalTests);
  });
});
