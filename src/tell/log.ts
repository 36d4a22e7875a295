/** The log of the program, as logfmt or JSON lines. Collectors have already redacted all values. */

import { type Logger, pino } from 'pino';
import { visibleJson } from '../catalog/visible.ts';

export type { Logger } from 'pino';

/** Formats one field as logfmt. */
function field(key: string, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `${key}=${/^[\w./:@+,-]+$/.test(text) ? text : visibleJson(text)}`;
}

/** Converts a JSON line of pino to logfmt. */
function toLogfmt(line: string): string {
  return `${Object.entries(JSON.parse(line) as Record<string, unknown>)
    .map(([key, value]) => field(key, value))
    .join(' ')}\n`;
}

/** Creates a logger. `write` receives whole lines. */
export function createLog(level: string, format: string, write: (line: string) => void): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"ts":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'msg',
      // Belt and braces: nothing under these names is ever logged.
      redact: ['env', 'environment', '*.token', '*.password', '*.authorization'],
    },
    {
      write: (line: string) =>
        write(format === 'json' ? `${visibleJson(JSON.parse(line))}\n` : toLogfmt(line)),
    },
  );
}
