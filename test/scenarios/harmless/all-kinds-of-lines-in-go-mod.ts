import { appOfModules, download } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'exclude, retract, godebug, ignore and replace lines, in blocks and with comments',
  on: ['1.27.4'],
  needs: 'modules',
  files: {
    ...appOfModules,
    'go.mod': `// Deprecated: not really.
module "example.com/app" // quoted

go 1.25
godebug (
	default=go1.24
	panicnil=1
)
ignore ./node_modules
exclude example.com/b v1.0.1
retract (
	v0.0.1 // broken
	[v0.1.0, v0.2.0]
)
require (
	example.com/a v1.0.0
	example.com/b v1.0.0 // indirect; held back
)
replace example.com/unused v1.0.0 => ../nowhere
`,
  },
  world: (site) => download(site),
};
