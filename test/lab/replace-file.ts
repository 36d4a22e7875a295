/** Atomic replacement of a watched file: an exporter that saw it empty or half written would see another change. */
import { renameSync, writeFileSync } from 'node:fs';

/** Replaces a file by one with this text, atomically. */
export function replaceFile(file: string, text: string): void {
  const beside = `${file}.new`;
  writeFileSync(beside, text);
  renameSync(beside, file);
}
