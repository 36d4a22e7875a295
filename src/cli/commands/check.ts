/** `godrift check`, and bare `godrift`, which adds the commands to try next. */
import path from 'node:path';
import type { Level } from '../../catalog/facets.ts';
import type { CheckFormat } from '../../catalog/options.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import type { TargetState } from '../../drift/state.ts';
import { readOurs, removeOurs } from '../../host/atomic.ts';
import { sha256Hex } from '../../host/digest.ts';
import { descriptorOf } from '../../host/output.ts';
import { checkDocument, exitCodeOf } from '../../tell/reports/document.ts';
import { renderCheck, renderQuiet } from '../../tell/reports/render.ts';
import type { Report } from '../../tell/reports/report.ts';
import { type Inspection, type InspectOptions, inspect, stateDirectoryOf } from '../inspect.ts';
import type { NotifyOptions } from '../notify.ts';
import { sayForeignState, sayOtherNames, sayOtherRecords } from '../other-names.ts';
import { onFile, repositoryRoot, writeFile } from '../output-file.ts';
import { refuseKept, refuseStdout } from '../own-files.ts';
import { withRollbacksOffered } from '../rollback-repairs.ts';
import { withSpinner } from '../spinner.ts';
import { stateWithTargetArguments, targetArgumentsOf } from '../target-arguments.ts';
import { colorsFor, type Terminal } from '../terminal.ts';
import { version } from '../version.ts';

/** Options of `godrift check`. */
export interface CheckOptions extends InspectOptions {
  readonly failOn: Level;
  readonly format: CheckFormat;
  /** Audit the build cache and the toolchain now. */
  readonly cache: boolean;
  readonly quiet?: boolean;
  /** Print the repairs as a script instead of the report. */
  readonly fixHints?: boolean;
  /** File for the report; stdout then gets the text format. */
  readonly output?: string;
  readonly writeDiff?: string;
  readonly textfile?: string;
  readonly notify?: NotifyOptions;
}

/**
 * Renders the report in the requested format, or the script of repairs. Each renderer is loaded on demand.
 */
async function formatted(terminal: Terminal, report: Report, options: CheckOptions): Promise<string> {
  if (options.fixHints === true) {
    const { fixScript, scriptShellOf } = await import('../../tell/reports/fix-script.ts');
    return fixScript(report.state, version, scriptShellOf(terminal.env.get('SHELL')));
  }
  switch (options.format) {
    case 'text':
      return asText(terminal, report.state, options);
    case 'json':
      return `${visibleJson(checkDocument(report.state, version))}\n`;
    case 'github':
      return (await import('../../tell/reports/github.ts')).githubReport(report);
    case 'gitlab':
      return (await import('../../tell/reports/gitlab.ts')).gitlabReport(report);
    case 'sarif':
      return (await import('../../tell/reports/sarif.ts')).sarifReport(report);
    case 'junit':
      return (await import('../../tell/reports/junit.ts')).junitReport(report);
  }
}

function asText(terminal: Terminal, state: TargetState, { quiet, failOn }: CheckOptions): string {
  const { isTTY, columns } = terminal.stdout;
  const view = {
    palette: colorsFor(terminal),
    ...(isTTY === true && columns !== undefined ? { width: Math.max(40, columns) } : {}),
  };
  return quiet === true ? renderQuiet(state, failOn, view) : renderCheck(state, view);
}

/** The longest file, in bytes, that may be an earlier diff. */
const diffBytes = 2 ** 26;

/**
 * Writes the differences to a file. Replaces only an earlier diff, since the name may come from a variable of
 * a CI system. An earlier diff is removed if nothing differs and all its facets were compared, because it
 * would show a drift that is over.
 */
async function writeDiff(terminal: Terminal, { state, root: tree }: Report, file: string): Promise<void> {
  const { fingerprintDiff, isFingerprintDiff } = await import('../../tell/reports/fingerprint-diff.ts');
  const ours = { bytes: diffBytes, is: isFingerprintDiff };
  const absolute = path.resolve(terminal.cwd, file);
  const earlier = await onFile(terminal, file, () => readOurs(absolute, ours, { tree }));
  const diff = fingerprintDiff(state, earlier);
  if (diff !== undefined) return await writeFile(terminal, file, diff, { tree, pipes: false, ours });
  await onFile(terminal, file, () => removeOurs(absolute, ours, { tree }));
}

async function writeAsked(terminal: Terminal, report: Report, options: CheckOptions): Promise<void> {
  if (options.writeDiff !== undefined) await writeDiff(terminal, report, options.writeDiff);
  if (options.textfile !== undefined) {
    const { ourTextfile, textfile } = await import('../../tell/reports/textfile.ts');
    await writeFile(terminal, options.textfile, textfile([report.state]), {
      tree: report.root,
      pipes: false,
      ours: ourTextfile,
    });
  }
}

/** Refuses output names that would overwrite godrift's own files or each other. */
function refuseAsked(terminal: Terminal, options: CheckOptions): void {
  const { output, textfile, writeDiff: diff } = options;
  refuseStdout(textfile ?? '', '--textfile');
  refuseStdout(diff ?? '', '--write-diff');
  const named = Object.entries({ '--output': output, '--textfile': textfile, '--write-diff': diff });
  const files = named.flatMap(([option, file]) =>
    file === undefined ? [] : [{ option, file: path.resolve(terminal.cwd, file) }],
  );
  if (files.length > 0) refuseKept(files, stateDirectoryOf(terminal, options));
}

/** Prints to stderr why facets could not be read; programs learn of it by the exit code. */
function sayBlind(terminal: Terminal, state: TargetState): void {
  for (const [facet, status] of Object.entries(state.facetStatus)) {
    const collector = state.collectors.find((one) => one.collector === facet);
    const why = visible(collector?.why ?? 'unknown');
    if (status === 'unreadable')
      terminal.stderr.write(`godrift: the facet ${facet} could not be read: ${why}\n`);
    if (collector?.unjudged === true)
      terminal.stderr.write(`godrift: the facet ${facet} was only partly evaluated: ${why}\n`);
  }
}

/**
 * Returns the findings with their original edits where they had any, instead of the rollbacks offered in
 * their place. Both states hold the same findings in the same order.
 */
const withEdits = ({ findings: before }: TargetState, { findings: after }: TargetState) =>
  after.map((finding, index) => (before[index]?.fix === undefined ? finding : before[index]));

/**
 * Adds to the findings what this host knows: the rollback that would repair them, and who probably wrote the
 * change.
 */
async function withWhatIsKnown(
  terminal: Terminal,
  looked: Inspection,
  options: CheckOptions,
): Promise<TargetState> {
  const stateDirectory = stateDirectoryOf(terminal, options);
  const state = await withRollbacksOffered(terminal, looked, stateDirectory);
  // A script of repairs is read before it is run: where edits exist, it shows these instead of a rollback
  // command.
  if (options.fixHints === true) return { ...state, findings: withEdits(looked.state, state) };
  if (!state.findings.some(({ kind }) => kind === 'drift')) return state;
  const { withKnownWriters } = await import('../probable-writers.ts');
  return await withKnownWriters(terminal, { state, observation: looked.observation }, stateDirectory);
}

/**
 * Checks a workspace once. Returns 0 or 1 by `--fail-on`, and 2 instead of 0 if a facet could not be read, so
 * that silence is never taken for health. A failed notification does not change the exit code.
 */
export async function runCheck(
  terminal: Terminal,
  directory: string | undefined,
  options: CheckOptions,
): Promise<number> {
  const { notify, output, cache } = options;
  refuseAsked(terminal, options);
  const notifier = notify === undefined ? undefined : await import('../notify.ts');
  const destinations = notify === undefined ? [] : (notifier?.readDestinations(terminal, notify) ?? []);
  const looking = () => inspect(terminal, directory, { ...options, audit: cache });
  // An audit shows its own progress.
  const looked = await (cache
    ? looking()
    : withSpinner(terminal.stderr, 'looking at the Go environment', looking));
  const told = targetArgumentsOf(terminal, options, directory);
  const state = stateWithTargetArguments(await withWhatIsKnown(terminal, looked, options), told);
  const report: Report = {
    state,
    failOn: options.failOn,
    version,
    root: repositoryRoot(terminal, state.workspace),
    digest: sha256Hex,
  };
  const text = await formatted(terminal, report, options);
  // An output such as /dev/stdout gets the report only, without the text.
  if (output === undefined || descriptorOf(output) === 1) terminal.stdout.write(text);
  else {
    await writeFile(terminal, output, text, { tree: report.root, pipes: true });
    terminal.stdout.write(asText(terminal, state, options));
  }
  if (options.format !== 'text' || options.fixHints === true || options.quiet === true)
    sayBlind(terminal, state);
  const stored = stateDirectoryOf(terminal, options);
  sayForeignState(terminal, stored, looked.settings);
  if (state.baseline.kind === 'none') sayOtherNames(terminal, stored, looked.settings);
  else if (state.findings.length > 0) sayOtherRecords(terminal, stored, looked.settings);
  await writeAsked(terminal, report, options);
  if (notify !== undefined) {
    await withSpinner(terminal.stderr, 'notifying', async () =>
      notifier?.notifyAll(terminal, report, destinations, stored, {
        windowMs: notify.notifyWindowMs,
        revision: options.baselineRef,
      }),
    );
  }
  const code = exitCodeOf(state, options.failOn);
  const blind = Object.values(state.facetStatus).includes('unreadable');
  return code === 0 && blind ? 2 : code;
}

/** Runs bare `godrift`: checks the current directory, then prints three commands to try next. */
export async function runWelcome(terminal: Terminal): Promise<number> {
  const code = await runCheck(terminal, undefined, { failOn: 'minor', format: 'text', cache: false });
  const { bold, dim } = colorsFor(terminal);
  terminal.stdout.write(
    [
      '',
      dim('Next:'),
      ...[
        ['godrift serve', 'watch this workspace: metrics and status page on :9464'],
        [
          'godrift snapshot --portable --output .godrift.snapshot',
          'commit the present state as the baseline',
        ],
        ['godrift check --json', 'the same answer for CI'],
      ].map(([command = '', about]) => `  ${bold(command.padEnd(55))}${about}`),
      '',
    ].join('\n'),
  );
  return code;
}
