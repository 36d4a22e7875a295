import { expect, it } from 'vitest';
import { goenvCommand } from '../../../src/drift/goenv-lines.ts';

it.each([
  ['GOFLAGS', undefined, 'go env -u GOFLAGS'],
  ['GOFLAGS', '-mod=mod -v', "go env -w 'GOFLAGS=-mod=mod -v'"],
  ['GOTOOLCHAIN', 'auto', 'go env -w GOTOOLCHAIN=auto'],
  // The toolchain that is named there would run it itself.
  ['GOTOOLCHAIN', undefined, 'GOTOOLCHAIN=local go env -u GOTOOLCHAIN'],
])('%s goes back to %s', (name, value, command) => {
  expect(goenvCommand(name, value)).toBe(command);
});
