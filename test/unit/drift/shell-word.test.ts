import { expect, test } from 'vitest';
import { shellCommand } from '../../../src/drift/shell-word.ts';

test.each([
  [['go', 'test', './...'], 'go test ./...'],
  [['sh', '-c', 'go vet . && exit 1'], "sh -c 'go vet . && exit 1'"],
  [['sh', '-c', "echo it's"], String.raw`sh -c 'echo it'\''s'`],
  [
    ['GOFLAGS=-mod=mod -x', 'GOOS=linux', 'go', 'env', '-w', 'GOFLAGS=-x -v'],
    "GOFLAGS='-mod=mod -x' GOOS=linux go env -w 'GOFLAGS=-x -v'",
  ],
  [['echo', ''], "echo ''"],
])('shellCommand quotes %j as %s', (words, line) => {
  expect(shellCommand(words)).toBe(line);
});
