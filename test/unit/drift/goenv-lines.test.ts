import { expect, it } from 'vitest';
import { goenvCommand } from '../../../src/drift/goenv-lines.ts';

it.each([
  ['GOFLAGS', undefined, 'go env -u GOFLAGS'],
  ['GOFLAGS', '-mod=mod -v', "go env -w 'GOFLAGS=-mod=mod -v'"],
  ['GOTOOLCHAIN', 'auto', 'go env -w GOTOOLCHAIN=auto'],
  // Without GOTOOLCHAIN=local, go would switch to the toolchain in the line before it runs the command.
  ['GOTOOLCHAIN', undefined, 'GOTOOLCHAIN=local go env -u GOTOOLCHAIN'],
])('goenvCommand restores %s to %s with: %s', (name, value, command) => {
  expect(goenvCommand(name, value)).toBe(command);
});
