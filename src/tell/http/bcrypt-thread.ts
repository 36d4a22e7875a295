/**
 * Worker thread that compares passwords with bcrypt hashes: a comparison takes a tenth of a second or more
 * and must not block the event loop.
 */
import { compareSync } from 'bcryptjs';
import { serveThread } from '../../host/threads.ts';
import type { Comparison } from './compare-password.ts';

serveThread(
  () =>
    ({ password, hash }: Comparison) =>
      compareSync(password, hash),
);
