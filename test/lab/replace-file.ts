/** A file that an exporter watches, with other content at once: it must not be seen empty or half written, which would be a change of its own. */
import { renameSync, writeFileSync } from 'node:fs';

/** Replaces the file by one with this text. */
export function replaceFile(file: string, text: string): void {
  const beside = `${file}.new`;
  writeFileSync(beside, text);
  renameSync(beside, file);
}
