import { expect, it } from 'vitest';
import { commandText } from '../../../../src/cli/trying/command-text.ts';

it.each([
  ['go env -w GOFLAGS=-mod=mod', 'go env -w GOFLAGS=-mod=mod'],
  ['go env -w GOPROXY=https://me:hunter2@proxy.example', 'GOPROXY=https://redacted@proxy.example'],
  ['git clone https://me:hunter2@git.example/x', 'git clone https://redacted@git.example/x'],
  ['env MY_TOKEN=hunter2 make', 'env MY_TOKEN=redacted make'],
])('%s is shown without secrets', (command, shown) => {
  expect(commandText(command.split(' '))).toContain(shown);
});

it('redacts inside the words of a shell too, and is bounded', () => {
  const text = commandText([
    'sh',
    '-c',
    'MY_TOKEN=hunter2 go env -w GOPROXY=https://me:hunter3@p.example && true',
  ]);
  expect(text).not.toMatch(/hunter/);
  expect(text).toContain('&& true');
  expect(commandText(['x'.repeat(5000)]).length).toBeLessThan(1100);
});
