/** The exporter in the sandbox, and the series of its page that report a problem. */
import path from 'node:path';
import process from 'node:process';
import { AppError } from '../catalog/errors.ts';
import { withFreePorts } from '../host/free-ports.ts';
import { type Service, startService } from '../host/service.ts';
import { findPackage, type Sandbox } from './sandbox.ts';
import { get, until } from './wait.ts';

/** A running exporter. */
export interface Exporter {
  readonly port: number;
  readonly service: Service;
  /** Returns the text of the metrics page; empty if it does not answer. */
  page(): Promise<string>;
}

const readyLimitMs = 120_000;

/**
 * Starts an exporter with an interval of half a second and waits until its page has a baseline. Throws
 * AppError if it ends before, and NotSeen if it takes too long.
 */
export async function startExporter(
  sandbox: Sandbox,
  otlpEndpoint: string | undefined,
  signal: AbortSignal,
): Promise<Exporter> {
  const { program } = findPackage();
  return await withFreePorts(1, async ([port = 0]) => {
    const service = startService(
      process.execPath,
      [
        program,
        'serve',
        `--config.file=${path.join(sandbox.directory, 'godrift.yml')}`,
        '--interval=500ms',
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      {
        cwd: sandbox.workspace,
        env: {
          ...sandbox.env,
          ...(otlpEndpoint === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint }),
        },
      },
    );
    const page = async () => (await get(`http://127.0.0.1:${port}/metrics`)) ?? '';
    try {
      await until('a page with a baseline', readyLimitMs, signal, async () => {
        if (service.ended() !== undefined)
          throw new AppError(
            'cannot start the exporter',
            service.output().trim().split('\n').at(-1) ?? '',
            'report it with what godrift serve prints',
          );
        return /^godrift_baseline_info\{.*kind="(?!none)/m.test(await page());
      });
    } catch (error) {
      await service.stop();
      throw error;
    }
    return { port, service, page };
  });
}

/** Series that exist, or are not zero, only while something is wrong. */
const telling =
  /^godrift_(drift_level|drift_entry_info|drift_trace_info|conflict_info|env_required_missing|toolchain_deviation|cache_corrupt_outputs|cache_rebound_actions)\{.*\} (?!0$)/;

/** Returns the lines of a page that report a problem. */
export function tellingLines(page: string): readonly string[] {
  return page.split('\n').filter((line) => telling.test(line));
}
