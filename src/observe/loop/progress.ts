/**
 * How far a job is, in memory that the scheduler shares with the worker: the scheduler can read it while the worker hangs in a system call.
 */

/** Shared memory: the index of the target in the job, and the number of answers that the file system has given. */
export type Progress = Int32Array;

/** In place of an index: the thread has processed the targets of its job and is updating watches, including those for earlier jobs. */
export const watching = -1;

/** What a {@link Progress} said at one moment; another one later means that the worker does not hang. */
export interface ProgressAt {
  /** Index of the target that is looked at, or {@link watching}. */
  readonly at: number;
  readonly answers: number;
}

/** Creates the progress of a job that has not begun. */
export const createProgress = (): Progress => new Int32Array(new SharedArrayBuffer(8));

/** Returns how far the job is now. */
export const readProgress = (progress: Progress): ProgressAt => ({
  at: Atomics.load(progress, 0),
  answers: Atomics.load(progress, 1),
});

/** Records that the worker turns to a target, by its index in the job, or to its watches. */
export function moveTo(progress: Progress, at: number): void {
  Atomics.store(progress, 0, at);
}

/** Records that the file system answered. */
export function countAnswer(progress: Progress): void {
  Atomics.add(progress, 1, 1);
}
