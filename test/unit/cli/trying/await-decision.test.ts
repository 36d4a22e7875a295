/** Answers typed in the terminal of a try that waits for confirmation. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Terminal } from '../../../../src/cli/terminal.ts';
import { awaitDecision } from '../../../../src/cli/trying/await-decision.ts';
import type { TryEvent } from '../../../../src/drift/try-event.ts';
import { appendJournal } from '../../../../src/store/journal.ts';
import { scratch } from '../../../lab/toolchains.ts';
import { recording } from '../../undo/recording.ts';

const id = 'c'.repeat(16);
const later = Date.now() + 86_400_000;

/** Makes a state directory where a try waits to be confirmed. */
async function waiting(): Promise<string> {
  const directory = path.join(scratch('decision'), 'state');
  const line: TryEvent = {
    ...{ type: 'try', phase: 'ended', id, target: 'api', workspace: '/src', facets: ['env'], who: 'ann' },
    ...{ command: 'make', replaced: 'a'.repeat(64), files: [], confirm_by: later, result: 'changed' },
    ...{ why: '', start: 0, end: 0, resource: {}, version: '0', trace_id: 't', span_id: 's' },
  };
  await recording(directory, ({ journal }) => appendJournal(journal, line));
  return directory;
}

/** Returns a terminal where this text is typed and the input then ends. */
const typing = (text: string): Terminal => ({
  env: new Map(),
  cwd: '/',
  stdout: { write: () => true },
  stderr: { write: () => true },
  isInteractive: () => true,
  async *stdin() {
    if (text !== '') yield Buffer.from(text);
  },
});

describe('an answer in the terminal', () => {
  it.each([
    ['y\n', 'confirmed'],
    ['yes\n', 'confirmed'],
    ['n\n', 'no'],
    // Ctrl-D, alone and after letters.
    ['', 'no'],
    ['y', 'no'],
  ])('%j gives the decision “%s”', async (text, decision) => {
    const none = { came: new Set<NodeJS.Signals>() };
    expect(await awaitDecision(typing(text), await waiting(), id, later, none)).toBe(decision);
  });
});
