/** Exporters of a test file: each is stopped after the test that started it, whatever became of the test. */
import { afterEach } from 'vitest';
import { type Exporter, startExporter } from './godrift.ts';

/** What {@link startExporter} does, for every test of the file; `signal` ends them. */
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
