/** Comparing passwords with bcrypt hashes in a thread that is there while somebody waits for it. */
import { createSerial } from '../../host/serial.ts';
import { startThread, type Thread } from '../../host/threads.ts';
import type { ComparePassword } from './basic-auth.ts';

/** One question to the thread. */
export interface Comparison {
  readonly password: string;
  readonly hash: string;
}

/** One comparison after the other: a flood of wrong passwords takes one core, not all. */
export function passwordComparer(): ComparePassword {
  const serial = createSerial();
  let thread: Thread | undefined;
  let waiting = 0;

  async function compareOne(question: Comparison): Promise<boolean> {
    if (thread?.alive() !== true) thread = startThread('bcrypt');
    if (thread !== undefined) return await thread.run(question);
    // A program that runs from its sources has no threads.
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
