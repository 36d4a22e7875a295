/** `godrift check`, and bare `godrift`: one look, then what to try next. */
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

export interface CheckOptions extends InspectOptions {
  readonly failOn: Level;
  readonly format: CheckFormat;
  /** Audit the build cache and the toolchain now. */
  readonly cache: boolean;
  readonly quiet?: boolean;
  /** The repairs as a script, instead of the report. */
  readonly fixHints?: boolean;
  /** File for what would be printed; then the text is printed. */
  readonly output?: string;
  readonly writeDiff?: string;
  readonly textfile?: string;
  readonly notify?: NotifyOptions;
}

/** What is asked for as text: a format, or the script of repairs. Each is loaded when it is wanted. */
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

/** A longer file is no diff of a check. */
const diffBytes = 2 ** 26;

/**
 * Writes what differs, in place of nothing but an earlier diff, for the name may come from a variable of CI. Where nothing does, and everything was
 * compared that an earlier diff is about, that one goes: it would tell of a drift that is over.
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

/** Refuses names under which a check would overwrite what is kept, or what it writes itself. */
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

/** Machines that read a format learn of blindness by the exit code; people read why here. */
function sayBlind(terminal: Terminal, state: TargetState): void {
  for (const [facet, status] of Object.entries(state.facetStatus)) {
    const collector = state.collectors.find((one) => one.collector === facet);
    const why = visible(collector?.why ?? 'unknown');
    if (status === 'unreadable')
      terminal.stderr.write(`godrift: the facet ${facet} could not be read: ${why}\n`);
    if (collector?.unjudged === true)
      terminal.stderr.write(`godrift: the facet ${facet} was not evaluated to the end: ${why}\n`);
  }
}

/** Findings with the edits that were known of them before rollbacks took their places; both states have the same ones. */
const withEdits = ({ findings: before }: TargetState, { findings: after }: TargetState) =>
  after.map((finding, index) => (before[index]?.fix === undefined ? finding : before[index]));

/** The state with what this host knows of its findings: what a rollback would do for them, and who probably wrote what drifted. */
async function withWhatIsKnown(
  terminal: Terminal,
  looked: Inspection,
  options: CheckOptions,
): Promise<TargetState> {
  const stateDirectory = stateDirectoryOf(terminal, options);
  const state = await withRollbacksOffered(terminal, looked, stateDirectory);
  // A script of repairs is read before it is run, and has what can be read in it: the edits themselves, where there are any.
  if (options.fixHints === true) return { ...state, findings: withEdits(looked.state, state) };
  if (!state.findings.some(({ kind }) => kind === 'drift')) return state;
  const { withKnownWriters } = await import('../probable-writers.ts');
  return await withKnownWriters(terminal, { state, observation: looked.observation }, stateDirectory);
}

/**
 * Looks once. 0 or 1 by `--fail-on`; 2 when a facet could not be read, so that silence is never taken for health. A notification that fails
 * changes none of it: what was to be told is the 1.
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
  // What goes to stdout by its name goes there alone.
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

/** Bare `godrift`: a check of where one stands, then the three commands to try next. */
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
