/**
 * `config check` and `config explain`: all mistakes are reported at once, and all settings in force are
 * printed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/catalog/errors.ts';
import { runProgram } from '../../../../src/cli/program.ts';
import { scratch } from '../../../lab/toolchains.ts';

/** Returns the output, or the message of the error. */
async function outputOf(argv: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const printed = new PassThrough();
  const cwd = scratch('config');
  const env = new Map(Object.entries({ HOME: cwd, ...variables }));
  try {
    await runProgram(['config', ...argv], { env, cwd, stdout: printed, stderr: printed } as never);
    return String(printed.read() ?? '');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.message;
  }
}

function written(text: string): string {
  const file = path.join(scratch('written'), 'godrift.yml');
  writeFileSync(file, text);
  return file;
}

describe('config check', () => {
  it('reports the mistakes of flags, variables and the file in one line', async () => {
    const file = written('intervall: 3s\ntargets: []\n');
    const argv = ['check', '--interval', '3x', '--log.level', 'foo', '--web.listen-address', 'x'];
    const message = await outputOf([...argv, '--config.file', file], { GODRIFT_WEB_MAX_REQUESTS: 'many' });
    expect(message).toBe(
      [
        `cannot use 5 settings: ${file}: targets is empty; the file has unknown keys: intervall (correct the file (godrift config check tries it))`,
        'interval 3x: it is no duration between 100ms and 24h (correct --interval)',
        'log level foo: it is none of debug, info, warn, error (correct --log.level)',
        'cannot listen on x: it is no host:port (correct --web.listen-address)',
        'web.max_requests many: it is no number up to 10000 (correct GODRIFT_WEB_MAX_REQUESTS); correct them',
      ].join('; '),
    );
  });

  it.each([
    '/',
    '/probe',
    '/-/healthy',
    '/-/ready',
    '/-/reload',
    '/*',
    '/:name',
    '/metrics?x=1',
    '/a b',
    'metrics',
  ])(
    'refuses %s as telemetry path, where metrics would hide another page or be hidden',
    async (telemetryPath) => {
      expect(await outputOf(['check', '--web.telemetry-path', telemetryPath])).toMatch(
        /^cannot use web\.telemetry_path .*; correct --web\.telemetry-path$/,
      );
    },
  );

  it('accepts other telemetry paths', async () => {
    for (const telemetryPath of ['/metrics', '/go/drift_1.x', '/-', '/probes'])
      expect(await outputOf(['check', '--web.telemetry-path', telemetryPath])).toMatch(/^ok: /);
  });

  it('refuses paths that only a shell would expand', async () => {
    for (const workspace of ['~/src', '~', '$HOME/src', `\${HOME}/src`]) {
      const file = written(`targets:\n  - { name: src, workspace: "${workspace}" }\n`);
      expect(await outputOf(['check', '--config.file', file])).toContain(
        'targets.0.workspace begins with ~ or $, which only a shell expands: write the path in full',
      );
    }
    const elsewhere = 'targets:\n  - { name: a, workspace: /, environment: { from: file, path: ~/env } }\n';
    expect(await outputOf(['check', '--config.file', written(elsewhere)])).toContain('only a shell expands');
    const literal = 'targets:\n  - { name: src, workspace: ./~ }\n';
    expect(await outputOf(['check', '--config.file', written(literal)])).toBe('ok: 1 target (src)\n');
  });

  it('names where an unreadable web configuration file was configured', async () => {
    const missing = path.join(scratch('web'), 'none.yml');
    const file = written(`web: { config: { file: ${missing} } }\n`);
    expect(await outputOf(['check', '--config.file', file])).toContain(`; correct ${file}, or the file`);
    expect(await outputOf(['check'], { GODRIFT_WEB_CONFIG_FILE: missing })).toContain(
      '; correct GODRIFT_WEB_CONFIG_FILE, or the file',
    );
    writeFileSync(missing, 'tls_server_config: { cert_file: gone.crt, key_file: gone.key }\n');
    expect(await outputOf(['check', '--web.config.file', missing])).toContain(
      `; correct ${missing}, or the file`,
    );
  });
});

describe('config explain', () => {
  it('prints the whitelist, and patterns with the targets they match', async () => {
    const src = scratch('src');
    mkdirSync(path.join(src, 'api'));
    writeFileSync(path.join(src, 'api/go.mod'), 'module api\n');
    const file = written(
      `whitelist: ["^ci-", "-test$"]\ntargets:\n  - { name: src, workspace: "${src}/*", environment: none }\n`,
    );
    const text = await outputOf(['explain', '--config.file', file]);
    expect(text).toContain('whitelist: ^ci-; -test$\n');
    expect(text).toContain(`pattern src: workspace ${src}/*, environment none, baseline auto\n`);
    expect(text).toContain(`target src--api: workspace ${src}/api, environment none, baseline auto\n`);
    const document = JSON.parse(await outputOf(['explain', '--json', '--config.file', file]));
    expect(document.whitelist).toEqual(['^ci-', '-test$']);
  });
});
