/** Compares passwords with bcrypt hashes in a worker thread that exists only while a comparison waits. */
import { createSerial } from '../../host/serial.ts';
import { startThread, type Thread } from '../../host/threads.ts';
import type { ComparePassword } from './basic-auth.ts';

/** Input of one comparison. */
export interface Comparison {
  readonly password: string;
  readonly hash: string;
}

/**
 * Returns a function that compares one password at a time: a flood of wrong passwords occupies one core, not
 * all.
 */
export function passwordComparer(): ComparePassword {
  const serial = createSerial();
  let thread: Thread | undefined;
  let waiting = 0;

  async function compareOne(question: Comparison): Promise<boolean> {
    if (thread?.alive() !== true) thread = startThread('bcrypt');
    if (thread !== undefined) return await thread.run(question);
    // When run from its sources, godrift has no thread files.
    const { compare } = await import('bcryptjs');
    return await compare(question.password, question.hash);
  }

  return async (password, hash) => {
    waiting++;
    try {
      return await serial(() => compareOne({ password, hash }));
    } finally {
      waiting--;
      if (waiting === 0) {
        void thread?.stop();
        thread = undefined;
      }
    }
  };
}
