/** The thread that compares passwords with bcrypt hashes: each takes a tenth of a second or more, for which nobody else should wait. */
import { compareSync } from 'bcryptjs';
import { serveThread } from '../../host/threads.ts';
import type { Comparison } from './compare-password.ts';

serveThread(
  () =>
    ({ password, hash }: Comparison) =>
      compareSync(password, hash),
);
