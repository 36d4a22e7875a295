import type { HandMade } from '../../lab/module-proxy.ts';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { type Site, sdk } from '../site.ts';
import { offer } from '../tools.ts';

/** Refuses as Delve does: by the newest Go that it knows, not by the one that built it. */
const delve = (version: string, newest: number): HandMade => ({
  path: 'github.com/go-delve/delve',
  version,
  files: {
    'cmd/dlv/main.go': `package main

import (
	"os"
	"os/exec"
	"strings"
)

func main() {
	out, _ := exec.Command("go", "env", "GOVERSION").Output()
	minor := strings.Split(string(out), ".")[1]
	if minor > "${newest}" {
		println("Version of Delve is too old for Go version " + strings.TrimPrefix(strings.TrimSpace(string(out)), "go"))
		os.Exit(1)
	}
}
`,
  },
});

const install = async (site: Site, query: string) => {
  const line = `GOFLAGS=-modcacherw GOTOOLCHAIN=local ${sdk('1.24.13').go} install github.com/go-delve/delve/cmd/dlv@${query}`;
  const { text, exitCode } = await site.shell(line);
  if (exitCode !== 0) throw new Error(text);
};

export const scenario: Scenario = {
  title: 'a Delve that says of itself up to which Go it works',
  source: 'moby/moby#51267, smartcontractkit/chainlink#20046',
  on: ['1.26.0'],
  needs: 'tools',
  world: async (site) => {
    offer(site, [delve('v1.24.2', 24), delve('v1.26.0', 26)]);
    await install(site, 'v1.26.0');
  },
  drift: (site) => install(site, 'v1.24.2'),
  go: { run: '$HOME/go/bin/dlv', exit: 1, says: /Version of Delve is too old for Go version 1\.26\.0/ },
  finds: [{ rule: 'tool-behind', key: 'tools.dlv', says: /whichever Go built it/ }],
  repair: inShell(
    /^(GOBIN=\S+ go install github\.com\/go-delve\/delve\/cmd\/dlv@latest) \(v1\.26 or newer\)$/,
  ),
};
