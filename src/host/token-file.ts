/**
 * Reads bearer tokens from files, as service managers and orchestrators provide them. Read on every use, so
 * that replacing one needs no reload.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import process from 'node:process';
import { errorCode } from './errors.ts';

/** Largest token file, and shortest token: a shorter one could be guessed. */
const longestFileBytes = 4 * 1024;
const shortestToken = 16;

/** A token, or why there is none; the reason never contains content of the file. */
export type TokenRead =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly why: string };

function refuse(why: string): TokenRead {
  return { ok: false, why };
}

/**
 * Reads a one-line file that only root and this user may write, and only they and its group may read, which
 * is how services get secrets. An empty or missing file is no token: while it is being replaced, nobody is
 * let in.
 */
export function readTokenFile(file: string): TokenRead {
  let open: number | undefined;
  try {
    // O_NONBLOCK: a FIFO in its place must not block the caller.
    open = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const stat = fstatSync(open);
    if (!stat.isFile()) return refuse('it is no file');
    // The owner knows the token and may change it, whatever the mode says.
    if (stat.uid !== 0 && stat.uid !== process.geteuid?.()) return refuse(`it belongs to uid ${stat.uid}`);
    if ((stat.mode & 0o027) !== 0)
      return refuse('others than its owner may write it, or read it (chmod 0600)');
    if (stat.size > longestFileBytes) return refuse(`it is longer than ${longestFileBytes} bytes`);
    const bytes = Buffer.alloc(longestFileBytes);
    const length = readSync(open, bytes, 0, bytes.length, 0);
    const token = bytes.toString('utf8', 0, length).replace(/\r?\n$/, '');
    if (!/^[\x21-\x7e]*$/.test(token)) return refuse('it holds more than one line of plain characters');
    if (token.length < shortestToken) return refuse(`its token is shorter than ${shortestToken} characters`);
    return { ok: true, token };
  } catch (error) {
    const code = errorCode(error);
    return refuse(code === 'ENOENT' ? 'there is no such file' : code || 'it cannot be read');
  } finally {
    if (open !== undefined) closeSync(open);
  }
}
