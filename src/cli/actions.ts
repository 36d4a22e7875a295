/**
 * Maps every command to the code that runs it. That code is loaded when the command is called, so that
 * `check` does not wait for what `serve` needs.
 */
import type { CommandPath } from '../catalog/commands.ts';
import { AppError } from '../catalog/errors.ts';
import type { Facet } from '../catalog/facets.ts';
import type { CheckOptions } from './commands/check.ts';
import {
  type Action,
  cacheOptionsOf,
  durationOf,
  flagsOf,
  type GivenOptions,
  listOf,
  listOptionsOf,
  outputOf,
  pick,
  reasonOptionsOf,
  targetOptionsOf,
  textOf,
} from './given-options.ts';
import { parseDuration } from './settings/duration.ts';

/** Returns where `check` sends notifications; undefined if nowhere. Throws AppError. */
function notifyOf(options: GivenOptions): CheckOptions['notify'] {
  const notifyWindowMs = parseDuration(textOf(options, 'notifyWindow'));
  if (notifyWindowMs === undefined || notifyWindowMs > 30 * 86_400_000)
    throw new AppError('cannot use --notify-window', 'it is no duration up to 30d', 'write 24h, for example');
  const notify = listOf(options, 'notify');
  const notifyUrlFile = listOf(options, 'notifyUrlFile');
  if (notify.length + notifyUrlFile.length === 0) return undefined;
  return { notify, notifyUrlFile, notifyWindowMs, ...pick(options, 'notifyKind', 'notifyTokenFile') };
}

/** Returns the options of `check`. Throws AppError for options that cannot be combined. */
function checkOptionsOf(options: GivenOptions): CheckOptions {
  const { json, format, writeDiff } = options;
  if (json === true && format !== undefined && format !== 'json')
    throw new AppError('cannot print two formats', '--json and --format were given', 'give one of them');
  const isForPrograms = json === true || (format !== undefined && format !== 'text');
  if (options['quiet'] === true && (options['output'] === undefined || options['output'] === '-')) {
    const other =
      options['fixHints'] === true ? '--fix-hints' : json === true ? '--json' : `--format ${format}`;
    if (isForPrograms || options['fixHints'] === true)
      throw new AppError(
        'cannot print two formats',
        `--quiet shortens the text, and ${other} prints none`,
        `leave one of them out, or write ${other} to a file with --output`,
      );
  }
  const notify = notifyOf(options);
  return {
    failOn: options['failOn'] as CheckOptions['failOn'],
    format: json === true ? 'json' : ((format ?? 'text') as CheckOptions['format']),
    cache: options['cache'] === true,
    quiet: options['quiet'] === true,
    fixHints: options['fixHints'] === true,
    ...(writeDiff === undefined
      ? {}
      : { writeDiff: writeDiff === true ? 'env-fingerprint.diff' : String(writeDiff) }),
    ...(notify === undefined ? {} : { notify }),
    requireBaseline: options['requireBaseline'] === true,
    ...outputOf(options),
    ...pick(options, 'target', 'stateDirectory', 'textfile', 'baselineRef'),
  };
}

const generations = () => import('./commands/cache-generations.ts');

/** The action of every command that is not just a group. */
export const actions: Readonly<Record<CommandPath, Action>> = {
  serve: async ({ terminal, args, options }) =>
    (await import('./commands/serve.ts')).runServe(terminal, flagsOf(options), args as string[]),

  check: async ({ terminal, args: [directory], options }) => {
    const { runCheck } = await import('./commands/check.ts');
    return runCheck(terminal, directory, checkOptionsOf(options));
  },

  snapshot: async ({ terminal, args: [directory], options }) => {
    const { runSnapshot } = await import('./commands/snapshot.ts');
    const [json, portable] = [options['json'] === true, options['portable'] === true];
    return runSnapshot(terminal, directory, { json, portable, ...outputOf(options) });
  },

  diff: async ({ terminal, args: [a = '', b = ''], options }) =>
    (await import('./commands/snapshot.ts')).runDiff(terminal, a, b, { json: options['json'] === true }),

  why: async ({ terminal, args: [key = '', directory], options }) => {
    const { runWhy } = await import('./commands/why.ts');
    return runWhy(terminal, key, directory, {
      json: options['json'] === true,
      ...targetOptionsOf(options),
    });
  },

  blame: async ({ terminal, args, options }) => {
    const { runBlame } = await import('./commands/blame.ts');
    const jobs = Number(textOf(options, 'jobs'));
    if (!Number.isInteger(jobs) || jobs < 1 || jobs > 64)
      throw new AppError('cannot use --jobs', 'it is no number from 1 to 64', 'give one, such as 2');
    return runBlame(terminal, {
      command: args.flatMap((word) => word ?? []),
      against: textOf(options, 'against'),
      timeoutMs: durationOf(options, 'timeout'),
      jobs,
      network: options['network'] === true,
      json: options['json'] === true,
      ...targetOptionsOf(options),
    });
  },

  'what-if': async ({ terminal, args, options }) => {
    const { runWhatIf } = await import('./commands/what-if.ts');
    return await runWhatIf(terminal, args as readonly string[], {
      set: listOf(options, 'set'),
      json: options['json'] === true,
      ...pick(options, 'go', 'fleet'),
    });
  },

  'baseline accept': async ({ terminal, args: [directory], options }) => {
    const { runBaselineAccept } = await import('./commands/baseline.ts');
    const reason = textOf(options, 'reason');
    return runBaselineAccept(terminal, directory, { reason, ...targetOptionsOf(options) });
  },

  'baseline show': async ({ terminal, args: [directory], options }) => {
    const { runBaselineShow } = await import('./commands/baseline.ts');
    return runBaselineShow(terminal, directory, {
      json: options['json'] === true,
      ...targetOptionsOf(options),
    });
  },

  'baseline list': async ({ terminal, args: [directory], options }) => {
    const { runBaselineList } = await import('./commands/baseline-list.ts');
    return runBaselineList(terminal, directory, {
      json: options['json'] === true,
      ...targetOptionsOf(options),
    });
  },

  rollback: async ({ terminal, args: [directory], options }) => {
    const { runRollbackCommand } = await import('./commands/rollback.ts');
    return runRollbackCommand(terminal, directory, {
      facet: options['facet'] as Facet,
      keys: listOf(options, 'key'),
      dryRun: options['dryRun'] === true,
      yes: options['yes'] === true,
      json: options['json'] === true,
      ...pick(options, 'to'),
      ...targetOptionsOf(options),
    });
  },

  'rollback pause': async ({ terminal, options }) =>
    (await import('./commands/approvals.ts')).runPause(terminal, 'pause', reasonOptionsOf(options)),

  'rollback resume': async ({ terminal, options }) =>
    (await import('./commands/approvals.ts')).runPause(terminal, 'resume', reasonOptionsOf(options)),

  'rollback release': async ({ terminal, args: [directory], options }) => {
    const { runRelease } = await import('./commands/approvals.ts');
    const { facet } = options;
    return runRelease(terminal, directory, {
      ...targetOptionsOf(options),
      ...reasonOptionsOf(options),
      ...(facet === undefined ? {} : { facet: facet as Facet }),
    });
  },

  approvals: async ({ terminal, options }) =>
    (await import('./commands/approvals.ts')).runApprovals(terminal, listOptionsOf(options)),

  approve: async ({ terminal, args: [id = ''], options }) => {
    const { runApprove } = await import('./commands/approvals.ts');
    const [yes, json] = [options['yes'] === true, options['json'] === true];
    return runApprove(terminal, id, { ...targetOptionsOf(options), ...reasonOptionsOf(options), yes, json });
  },

  deny: async ({ terminal, args: [id = ''], options }) =>
    (await import('./commands/approvals.ts')).runDeny(terminal, id, reasonOptionsOf(options)),

  confirm: async ({ terminal, args: [id = ''], options }) =>
    (await import('./commands/approvals.ts')).runConfirm(terminal, id, reasonOptionsOf(options)),

  try: async ({ terminal, args, options }) => {
    const { runTry } = await import('./commands/try.ts');
    return runTry(terminal, {
      command: args.flatMap((word) => word ?? []),
      confirmWithinMs: durationOf(options, 'confirmWithin'),
      timeoutMs: durationOf(options, 'timeout'),
      ...pick(options, 'reason'),
      ...targetOptionsOf(options),
    });
  },

  'cache verify': async ({ terminal, args: [directory], options }) =>
    (await import('./commands/cache.ts')).runCacheVerify(terminal, directory, cacheOptionsOf(options)),

  'cache repair': async ({ terminal, args: [directory], options }) => {
    const { runCacheRepair } = await import('./commands/cache.ts');
    return runCacheRepair(terminal, directory, {
      ...cacheOptionsOf(options),
      yes: options['yes'] === true,
    });
  },

  'cache generations list': async ({ terminal, args: [directory], options }) =>
    (await generations()).runGenerationsList(terminal, directory, cacheOptionsOf(options)),

  'cache generations adopt': async ({ terminal, args: [directory], options }) =>
    (await generations()).runGenerationsAdopt(terminal, directory, cacheOptionsOf(options)),

  'cache generations new': async ({ terminal, args: [directory], options }) =>
    (await generations()).runGenerationsNew(terminal, directory, cacheOptionsOf(options)),

  'cache generations swap': async ({ terminal, args: [generation = '', directory], options }) =>
    (await generations()).runGenerationsSwap(terminal, directory, {
      ...cacheOptionsOf(options),
      generation,
    }),

  'cache generations collect': async ({ terminal, args: [directory], options }) =>
    (await generations()).runGenerationsCollect(terminal, directory, {
      ...cacheOptionsOf(options),
      olderThan: textOf(options, 'olderThan'),
    }),

  events: async ({ terminal, options }) => {
    const { runEvents } = await import('./commands/events.ts');
    const { facet } = options;
    return runEvents(terminal, {
      json: options['json'] === true,
      follow: options['follow'] === true,
      verify: options['verify'] === true,
      report: options['report'] === true,
      witness: listOf(options, 'witness'),
      witnessFile: listOf(options, 'witnessFile'),
      ...pick(options, 'stateDirectory', 'since', 'target', 'trace'),
      ...(facet === undefined ? {} : { facet: facet as Facet }),
    });
  },

  demo: async ({ terminal, args, options }) => {
    const { runDemo } = await import('./commands/demo.ts');
    const { servers, speed } = pick(options, 'servers', 'speed');
    return runDemo(terminal, args as string[], {
      withServers: options['withServers'] === true,
      keep: options['keep'] === true,
      ...(servers === undefined ? {} : { servers }),
      ...(speed === undefined ? {} : { speed: speed as 'fast' | 'normal' | 'slow' }),
    });
  },

  'demo sink': async ({ terminal, options }) =>
    (await import('./commands/demo.ts')).runDemoSink(terminal, textOf(options, 'listen')),

  'waiver add': async ({ terminal, args: [directory], options }) => {
    const { runWaiverAdd } = await import('./commands/exemption.ts');
    return runWaiverAdd(terminal, directory, {
      reason: textOf(options, 'reason'),
      expires: textOf(options, 'expires'),
      ...targetOptionsOf(options),
      ...pick(options, 'targetPattern', 'facet', 'rule', 'key'),
    });
  },

  'waiver list': async ({ terminal, options }) =>
    (await import('./commands/exemption.ts')).runWaiverList(terminal, listOptionsOf(options)),

  'waiver remove': async ({ terminal, args: [id = ''], options }) => {
    const { runWaiverRemove } = await import('./commands/exemption.ts');
    return runWaiverRemove(terminal, id, pick(options, 'stateDirectory'));
  },

  'deployment mark': async ({ terminal, args: [directory], options }) => {
    const { runDeploymentMark } = await import('./commands/exemption.ts');
    return runDeploymentMark(terminal, directory, {
      reason: textOf(options, 'reason'),
      grace: textOf(options, 'grace'),
      ...targetOptionsOf(options),
      ...pick(options, 'targetPattern'),
    });
  },

  'deployment list': async ({ terminal, options }) =>
    (await import('./commands/exemption.ts')).runDeploymentList(terminal, listOptionsOf(options)),

  targets: async ({ terminal, options }) =>
    (await import('./commands/targets.ts')).runTargets(terminal, {
      ...listOptionsOf(options),
      snapshots: options['snapshots'] === true,
    }),

  'shell-init': async ({ terminal, args: [shell], options }) =>
    (await import('./commands/shell-init.ts')).runShellInit(terminal, shell, options['hotReload'] === true),

  completion: async ({ terminal, args: [shell] }) =>
    (await import('./commands/completion.ts')).runCompletion(terminal, shell),

  'config check': async ({ terminal, options }) =>
    (await import('./commands/config.ts')).runConfigCheck(terminal, flagsOf(options)),

  'config explain': async ({ terminal, options }) => {
    const { runConfigExplain } = await import('./commands/config.ts');
    return runConfigExplain(terminal, flagsOf(options), options['json'] === true);
  },

  healthcheck: async ({ terminal, options }) =>
    (await import('./commands/healthcheck.ts')).runHealthcheck(terminal, flagsOf(options)),

  version: async ({ terminal, options }) =>
    (await import('./commands/version.ts')).runVersion(terminal, options['json'] === true),
};
