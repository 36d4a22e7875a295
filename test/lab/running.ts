/** Stops each exporter of a test file after the test that started it, even if the test failed. */
import { afterEach } from 'vitest';
import { type Exporter, startExporter } from './godrift.ts';

/** Returns a {@link startExporter} whose exporters are stopped by `signal` after each test of the file. */
export function startsExporters(signal?: 'SIGTERM' | 'SIGKILL'): typeof startExporter {
  const running: Exporter[] = [];
  afterEach(async () => {
    for (const exporter of running.splice(0)) await exporter.stop(signal);
  });
  return async (...args) => {
    const exporter = await startExporter(...args);
    running.push(exporter);
    return exporter;
  };
}
