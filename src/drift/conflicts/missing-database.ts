/** A GOSUMDB that is set nowhere (contract §3: env-invalid): its default is a line of go.env, which can be missing. */
import { knowsToolchains } from '../../go/defaults.ts';
import { removal } from '../goenv-lines.ts';
import type { EnvFacts, GoenvLine } from '../model.ts';
import type { Conflict, World } from './rule.ts';
import { effectiveVersion } from './rule.ts';

/**
 * Reports a missing default of GOSUMDB. Since 1.21 the default is not in the program: without
 * `$GOROOT/go.env` GOSUMDB is empty, and go can verify no new module and accepts none.
 */
export function withoutDatabase(world: World): readonly Conflict[] {
  const sumdb = world.env?.variables.get('GOSUMDB');
  const proxy = world.env?.variables.get('GOPROXY');
  if (sumdb === undefined || sumdb.value !== '' || proxy === undefined || proxy.value === 'off') return [];
  if (!knowsToolchains(effectiveVersion(world))) return [];
  const local = world.toolchain?.local;
  // A missing tree is reported by goroot-not-sdk.
  if (local !== undefined && !(local.gorootParts.exists && local.gorootParts.pkgTool)) return [];
  // Go looks for the file in the tree that GOENV names, even if the process environment names another
  // (getenv.ts, gorootEnvPath).
  const line = world.env?.goenv.lines.findLast(({ name, value }) => name === 'GOROOT' && value !== '');
  const file = `${line?.value ?? local?.goroot ?? '$GOROOT'}/go.env`;
  const overruled = world.env?.variables.get('GOROOT')?.origin.kind === 'process';
  if (overruled && line !== undefined && world.env !== undefined)
    return [lineLosesDefaults(world.env, line, file)];
  return [
    {
      key: 'env.GOSUMDB',
      level: 'minor',
      summary: `GOSUMDB is set nowhere, as ${file} lacks it: every download that go.sum does not know yet fails with "missing GOSUMDB"`,
      repair: `restore ${file} from the Go release`,
    },
  ];
}

/** Describes a GOROOT line in GOENV that names a tree without a go.env. */
function lineLosesDefaults(env: EnvFacts, { line, value }: GoenvLine, file: string): Conflict {
  const { goenv } = env;
  return {
    key: 'env.GOSUMDB',
    level: 'minor',
    origin: { kind: 'goenv', path: goenv.path, line },
    summary: `GOSUMDB is set nowhere, as go looks for it in ${file}, by line ${line} of ${goenv.path} (GOROOT=${value}): every download that go.sum does not know yet fails with "missing GOSUMDB"`,
    repair: `remove line ${line} (GOROOT=…) from ${goenv.path}`,
    fix: removal(env, 'GOROOT', goenv.path, line),
  };
}
