/**
 * Limits the memory of a process that lives for months and makes little garbage at a time. V8 lets the young
 * generation of each thread's heap grow to 32 MB and more, and never shrinks it. Kept at its initial size it
 * is collected more often, which costs about a percent of CPU time.
 */
import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the young generation at its present size, in threads started later too. V8 reads the size limit
 * before any code runs, but not the growth factor.
 */
export function keepYoungHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
