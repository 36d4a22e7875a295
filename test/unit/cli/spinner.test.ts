import { describe, expect, it } from 'vitest';
import { withSpinner } from '../../../src/cli/spinner.ts';

/** Returns a terminal, and a promise that resolves at the first write to it. */
function terminal(isTTY: boolean) {
  let wrote = (): void => {};
  const first = new Promise<void>((resolve) => {
    wrote = resolve;
  });
  let text = '';
  const output = {
    isTTY,
    write: (more: string) => {
      text += more;
      wrote();
    },
  };
  return { output, first, text: () => text };
}

describe('withSpinner', () => {
  it('shows the label during slow work, and clears the line afterwards', async () => {
    const { output, first, text } = terminal(true);
    expect(await withSpinner(output, 'looking', async () => first.then(() => 7), 1)).toBe(7);
    expect(text()).toMatch(/^\r\S looking/);
    expect(text()).toMatch(/\r\u001b\[K$/);
  });

  it('prints nothing for quick work, or without a terminal', async () => {
    const quick = terminal(true);
    await withSpinner(quick.output, 'looking', async () => {}, 10_000);
    const pipe = terminal(false);
    await withSpinner(pipe.output, 'looking', async () => {}, 0);
    expect(quick.text() + pipe.text()).toBe('');
  });

  it('rejects with the error of the work', async () => {
    const { output, first, text } = terminal(true);
    const failed = withSpinner(
      output,
      'looking',
      async () => first.then(() => Promise.reject(new Error('no'))),
      1,
    );
    await expect(failed).rejects.toThrow('no');
    expect(text()).toMatch(/\r\u001b\[K$/);
  });
});
