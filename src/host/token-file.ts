/** Bearer tokens in files, as service managers and orchestrators hand them over: read anew each time, so that whoever replaces one needs no reload. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import process from 'node:process';
import { errorCode } from './errors.ts';

/** Longest file of a token, and shortest token: what is shorter can be guessed. */
const longestFileBytes = 4 * 1024;
const shortestToken = 16;

/** A token, or why there is none; never what the file holds. */
export type TokenRead =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly why: string };

function refuse(why: string): TokenRead {
  return { ok: false, why };
}

/**
 * Reads the one line of a file that nobody but root and this user may write, and nobody else read (its group may read it: that is how secrets are handed to services). An empty or missing
 * file is no token: nobody is let in while it is being replaced.
 */
export function readTokenFile(file: string): TokenRead {
  let open: number | undefined;
  try {
    // A FIFO in its place must not hold whoever asks.
    open = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const stat = fstatSync(open);
    if (!stat.isFile()) return refuse('it is no file');
    // Whoever owns it knows what it holds, and may change it, whatever its mode says.
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
