/** `godrift check`, and bare `godrift`: one look, then what to try next. */
import type { Level } from '../../catalog/facets.ts';
import { checkDocument, exitCodeOf } from '../../tell/document.ts';
import { renderCheck } from '../../tell/render.ts';
import { type LookOptions, look } from '../look.ts';
import { colorsFor, type Terminal } from '../terminal.ts';
import { version } from '../version.ts';

export interface CheckOptions extends LookOptions {
  readonly failOn: string;
  readonly json: boolean;
  /** Audit the build cache and the toolchain now. */
  readonly cache: boolean;
}

/** Looks once. 0 or 1 by `--fail-on`; 2 when a facet could not be read, so that silence is never taken for health. */
export async function runCheck(
  terminal: Terminal,
  directory: string | undefined,
  options: CheckOptions,
): Promise<number> {
  const { state } = await look(terminal, directory, { ...options, audit: options.cache });
  terminal.stdout.write(
    options.json
      ? `${JSON.stringify(checkDocument(state, version))}\n`
      : renderCheck(state, colorsFor(terminal)),
  );
  const code = exitCodeOf(state, options.failOn as Level);
  const blind = Object.values(state.facetStatus).includes('unreadable');
  return code === 0 && blind ? 2 : code;
}

/** Bare `godrift`: a check of where one stands, then the three commands to try next. */
export async function runWelcome(terminal: Terminal): Promise<number> {
  const code = await runCheck(terminal, undefined, { failOn: 'minor', json: false, cache: false });
  const { bold, dim } = colorsFor(terminal);
  terminal.stdout.write(
    [
      '',
      dim('Next:'),
      ...[
        ['godrift serve', 'watch this workspace: metrics and status page on :9464'],
        ['godrift snapshot --portable > .godrift.snapshot', 'commit the present state as the baseline'],
        ['godrift check --json', 'the same answer for CI'],
      ].map(([command = '', about]) => `  ${bold(command.padEnd(49))}${about}`),
      '',
    ].join('\n'),
  );
  return code;
}
