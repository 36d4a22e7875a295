/** The program's log: logfmt or JSON lines. Values are facts that collectors have already redacted. */

import { type Logger, pino } from 'pino';
import { visibleJson } from '../catalog/visible.ts';

export type { Logger } from 'pino';

/** One field as logfmt writes it. */
function field(key: string, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `${key}=${/^[\w./:@+,-]+$/.test(text) ? text : visibleJson(text)}`;
}

/** A JSON line of pino as a logfmt line. */
function toLogfmt(line: string): string {
  return `${Object.entries(JSON.parse(line) as Record<string, unknown>)
    .map(([key, value]) => field(key, value))
    .join(' ')}\n`;
}

/** Makes a logger; `write` gets whole lines. */
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
