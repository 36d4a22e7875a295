import { expect, it } from 'vitest';
import { commandText } from '../../../../src/cli/trying/command-text.ts';

const shell = (text: string) => ['sh', '-c', text];

it.each([
  ['go env -w GOFLAGS=-mod=mod'],
  ['go get example.com/m/v2@v2.1.0'],
  ['go mod edit -go=1.27 -toolchain=go1.27.4'],
  ['go1.27.4 install golang.org/x/tools/gopls@latest'],
  ['ln -sfn /usr/local/go1.27 /usr/local/go'],
  ['sudo ln -sfn /usr/local/go1.27 /usr/local/go'],
  ['mise use go@1.27'],
  ['make deploy'],
])('%s is shown unchanged', (command) => {
  expect(commandText(command.split(' '))).toBe(command);
});

it.each([
  ['go env -w GOPROXY=https://me:hunter2@proxy.example', 'go env -w GOPROXY=https://redacted@proxy.example'],
  ['go build -ldflags=-X=main.key=hunter2 ./...', 'go build -ldflags=-X=main.key=redacted ./...'],
  ['go run . --password hunter2', 'go run . --password …'],
  ['go test -args=hunter2 ./...', 'go test … ./...'],
  ['git clone https://me:hunter2@git.example/x', 'git clone …'],
  ['env MY_TOKEN=hunter2 make', 'env MY_TOKEN=redacted make'],
  ['deploy --password hunter2 --to ./here', 'deploy --password … --to ./here'],
  ['deploy --password=hunter2', 'deploy …'],
  ['mysql -phunter2 -u me', 'mysql … -u …'],
  ['htpasswd ./file user hunter2', 'htpasswd ./file …'],
])('%s is shown without secrets', (command, shown) => {
  expect(commandText(command.split(' '))).toBe(shown);
});

it.each([
  ['MY_TOKEN=hunter2 go env -w GOFLAGS=-v && true', "sh -c 'MY_TOKEN=redacted go env -w GOFLAGS=-v && true'"],
  [`curl -H 'Authorization: Bearer hunter2' https://a.example | tar -x`, "sh -c 'curl -H … | tar -x'"],
  ['go mod tidy; go vet ./...', "sh -c 'go mod tidy ; go vet ./...'"],
])('a shell command is shown without secrets: %s', (text, shown) => {
  expect(commandText(shell(text))).toBe(shown);
});

it('a value with spaces is quoted as one word, and the text is bounded', () => {
  expect(commandText(['go', 'env', '-w', 'GOFLAGS=-mod=mod -trimpath'])).toBe(
    "go env -w 'GOFLAGS=-mod=mod -trimpath'",
  );
  expect(commandText(['go', 'build', '-tags=a|b', '&&'])).toBe("go build '-tags=a|b' '&&'");
  expect(commandText(['go', 'build', '-ldflags', '-X main.key=hunter2'])).not.toContain('hunter2');
  expect(commandText(['go', ...Array.from({ length: 500 }, () => './long/path')]).length).toBeLessThan(1100);
});
