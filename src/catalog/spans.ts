/**
 * Every span that godrift promises (contract §6), and the attribute keys that it uses. Keys of the OpenTelemetry
 * semantic conventions are copied here as constants: those in development may be renamed between releases, and a key
 * that people search for must not change with a dependency.
 */

/** Span kinds by the words of the contract. */
export type SpanKindName = 'INTERNAL' | 'CLIENT' | 'SERVER';

/** Attribute types of OpenTelemetry that godrift uses. */
export type AttributeType = 'string' | 'int' | 'double' | 'string[]';

export interface AttributeRow {
  readonly key: string;
  readonly type: AttributeType;
  readonly about: string;
  /** Absent where the value is not known. */
  readonly optional?: true;
}

export interface SpanRow {
  /** The name, or with `{facet}` and `{executable}` a pattern of it. */
  readonly name: string;
  readonly kind: SpanKindName;
  readonly parent: string;
  readonly attributes: readonly AttributeRow[];
  readonly events?: readonly {
    readonly name: string;
    readonly atMost: number;
    readonly attributes: readonly AttributeRow[];
  }[];
}

/** Keys of the semantic conventions (1.44), on spans and resources. */
export const conventions = {
  serviceName: 'service.name',
  serviceVersion: 'service.version',
  serviceInstanceId: 'service.instance.id',
  hostId: 'host.id',
  hostName: 'host.name',
  hostArch: 'host.arch',
  osType: 'os.type',
  errorType: 'error.type',
  processExecutableName: 'process.executable.name',
  processCommandArgs: 'process.command_args',
  processExitCode: 'process.exit.code',
  filePath: 'file.path',
  httpRequestMethod: 'http.request.method',
  httpResponseStatusCode: 'http.response.status_code',
  urlPath: 'url.path',
  urlScheme: 'url.scheme',
} as const;

/** godrift's own keys; the prefix is no namespace of the semantic conventions. */
export const spanAttributes = {
  target: 'godrift.target',
  workspace: 'godrift.workspace',
  facet: 'godrift.facet',
  eventId: 'godrift.event.id',
  level: 'godrift.drift.level',
  facets: 'godrift.drift.facets',
  cause: 'godrift.drift.cause',
  changeRatio: 'godrift.drift.change_ratio',
  semanticDistance: 'godrift.drift.semantic_distance',
  entriesOmitted: 'godrift.drift.entries_omitted',
  writers: 'godrift.drift.writers',
  durationSeconds: 'godrift.drift.duration_s',
  fingerprintOld: 'godrift.fingerprint.old',
  fingerprintNew: 'godrift.fingerprint.new',
  baselineKind: 'godrift.baseline.kind',
  collectorEntries: 'godrift.collector.entries',
  entryKey: 'godrift.entry.key',
  entryExpected: 'godrift.entry.expected',
  entryActual: 'godrift.entry.actual',
  entryOrigin: 'godrift.entry.origin',
  rollbackId: 'godrift.rollback.id',
  rollbackMode: 'godrift.rollback.mode',
  rollbackTrigger: 'godrift.rollback.trigger',
  rollbackReason: 'godrift.rollback.reason',
  rollbackResult: 'godrift.rollback.result',
  rollbackRefusals: 'godrift.rollback.refusals',
  stepKind: 'godrift.step.kind',
  alertSource: 'godrift.alert.source',
  blameCommand: 'godrift.blame.command',
  blameResult: 'godrift.blame.result',
  blameEntries: 'godrift.blame.entries',
  blameRepairs: 'godrift.blame.repairs',
  blameWorlds: 'godrift.blame.worlds',
  tryCommand: 'godrift.try.command',
  tryResult: 'godrift.try.result',
  tryFiles: 'godrift.try.files',
  journalSequence: 'godrift.journal.sequence',
  journalHash: 'godrift.journal.hash',
} as const;

/** Where alerts ask for rollbacks. */
export const alertsPath = '/api/v1/alertmanager';

export const spanNames = {
  detect: 'detect drift',
  resolve: 'resolve drift',
  /** Name of the span of one collector's run. */
  collect: (facet: string) => `collect ${facet}`,
  /** Name of the span of one rollback. */
  rollback: (facet: string) => `rollback ${facet}`,
  /** Name of the span of one step of it. */
  step: (kind: string) => `step ${kind}`,
  guard: 'guard',
  verify: 'verify',
  undo: 'undo',
  /** What `godrift blame` tried. */
  blame: 'blame',
  /** A change that a person tries, which has to be confirmed. */
  try: 'try',
  /** A request that asks for rollbacks. */
  alerts: `POST ${alertsPath}`,
} as const;

/** One for each entry that differs, on `detect drift`. */
export const entryChangedEvent = 'godrift.entry.changed';
/** Most events of that name on one span; what is beyond is counted by {@link spanAttributes.entriesOmitted}. */
export const entryChangedLimit = 50;

/** Which line of the journal a span was made of: whoever keeps spans keeps a witness of it (`godrift events --verify --witness`). */
const journalAttributes: readonly AttributeRow[] = [
  { key: spanAttributes.journalSequence, type: 'int', about: 'number of the journal line that records it' },
  { key: spanAttributes.journalHash, type: 'string', about: 'SHA-256 of that line' },
];

const driftAttributes: readonly AttributeRow[] = [
  { key: spanAttributes.target, type: 'string', about: 'name of the target' },
  { key: spanAttributes.workspace, type: 'string', about: 'its directory' },
  { key: spanAttributes.level, type: 'string', about: 'none, patch, minor or major' },
  { key: spanAttributes.facets, type: 'string[]', about: 'facets that drifted' },
  { key: spanAttributes.cause, type: 'string', about: 'why, where it is known' },
  { key: spanAttributes.fingerprintOld, type: 'string', about: 'fingerprint of the baseline' },
  { key: spanAttributes.fingerprintNew, type: 'string', about: 'fingerprint of the snapshot' },
  { key: spanAttributes.baselineKind, type: 'string', about: 'pinned or learned' },
  {
    key: spanAttributes.eventId,
    type: 'string',
    about: 'id of the drift, the same in journal and event log',
  },
  ...journalAttributes,
];

/** Attributes of a part of a rollback. */
const partAttributes: readonly AttributeRow[] = [
  { key: spanAttributes.stepKind, type: 'string', about: 'kind of the step', optional: true },
  { key: conventions.filePath, type: 'string', about: 'the file that it changes', optional: true },
  { key: conventions.errorType, type: 'string', about: 'failed', optional: true },
  ...journalAttributes,
];

export const spans: readonly SpanRow[] = [
  {
    name: spanNames.detect,
    kind: 'INTERNAL',
    parent: 'root',
    attributes: [
      ...driftAttributes,
      { key: spanAttributes.changeRatio, type: 'double', about: 'changed entries over all entries, 0 to 1' },
      {
        key: spanAttributes.semanticDistance,
        type: 'double',
        about: 'combined weight of the changes, 0 to 1',
      },
      {
        key: spanAttributes.entriesOmitted,
        type: 'int',
        about: 'number of changed entries without a span event',
        optional: true,
      },
      {
        key: spanAttributes.writers,
        type: 'string[]',
        about: 'who probably wrote files behind it, and how that is known',
        optional: true,
      },
    ],
    events: [
      {
        name: entryChangedEvent,
        atMost: entryChangedLimit,
        attributes: [
          { key: spanAttributes.facet, type: 'string', about: 'facet of the entry' },
          { key: spanAttributes.entryKey, type: 'string', about: 'the entry' },
          {
            key: spanAttributes.entryExpected,
            type: 'string',
            about: 'value in the baseline',
            optional: true,
          },
          { key: spanAttributes.entryActual, type: 'string', about: 'value now', optional: true },
          {
            key: spanAttributes.entryOrigin,
            type: 'string',
            about: 'where the value comes from',
            optional: true,
          },
        ],
      },
    ],
  },
  {
    name: 'collect {facet}',
    kind: 'INTERNAL',
    parent: spanNames.detect,
    attributes: [
      { key: spanAttributes.facet, type: 'string', about: 'facet that was read' },
      { key: spanAttributes.collectorEntries, type: 'int', about: 'entries that were read', optional: true },
      { key: conventions.errorType, type: 'string', about: 'class of the failure', optional: true },
      ...journalAttributes,
    ],
  },
  {
    name: '{executable}',
    kind: 'CLIENT',
    parent: 'collect {facet}',
    attributes: [
      { key: conventions.processExecutableName, type: 'string', about: 'name of the program' },
      {
        key: conventions.processCommandArgs,
        type: 'string[]',
        about: 'its arguments, of an allow-listed shape',
      },
      { key: conventions.processExitCode, type: 'int', about: 'absent when it was killed', optional: true },
      { key: conventions.errorType, type: 'string', about: 'the exit code, or killed', optional: true },
      ...journalAttributes,
    ],
  },
  {
    name: spanNames.resolve,
    kind: 'INTERNAL',
    parent: spanNames.detect,
    attributes: [
      ...driftAttributes,
      { key: spanAttributes.durationSeconds, type: 'double', about: 'how long the drift lasted, in seconds' },
    ],
  },
  {
    name: spanNames.alerts,
    kind: 'SERVER',
    parent: 'the span of the sender, or root; the rollback links to it',
    attributes: [
      { key: conventions.httpRequestMethod, type: 'string', about: 'POST' },
      { key: conventions.urlPath, type: 'string', about: alertsPath },
      { key: conventions.urlScheme, type: 'string', about: 'http' },
      { key: conventions.httpResponseStatusCode, type: 'int', about: 'status of the answer' },
      { key: spanAttributes.alertSource, type: 'string', about: 'alertmanager or grafana' },
      ...journalAttributes,
    ],
  },
  {
    name: 'rollback {facet}',
    kind: 'INTERNAL',
    parent: `${spanNames.detect}, or root where no drift was recorded`,
    attributes: [
      { key: spanAttributes.target, type: 'string', about: 'name of the target' },
      { key: spanAttributes.workspace, type: 'string', about: 'its directory' },
      { key: spanAttributes.facet, type: 'string', about: 'facet to roll back' },
      { key: spanAttributes.rollbackId, type: 'string', about: 'the same in intent and outcome' },
      { key: spanAttributes.rollbackMode, type: 'string', about: 'manual, dry-run, approve or auto' },
      { key: spanAttributes.rollbackTrigger, type: 'string', about: 'cli, alertmanager, grafana or poll' },
      { key: spanAttributes.rollbackReason, type: 'string', about: 'why it was requested', optional: true },
      {
        key: spanAttributes.rollbackResult,
        type: 'string',
        about: 'applied, refused, undone or failed',
      },
      {
        key: spanAttributes.rollbackRefusals,
        type: 'string[]',
        about: 'every reason of a refusal',
        optional: true,
      },
      {
        key: conventions.errorType,
        type: 'string',
        about: 'the result, where it is not applied',
        optional: true,
      },
      ...journalAttributes,
    ],
  },
  {
    name: 'step {kind}',
    kind: 'INTERNAL',
    parent: 'rollback {facet}',
    attributes: partAttributes,
  },
  {
    name: spanNames.verify,
    kind: 'INTERNAL',
    parent: 'rollback {facet}',
    attributes: partAttributes,
  },
  {
    name: spanNames.undo,
    kind: 'INTERNAL',
    parent: 'rollback {facet}',
    attributes: partAttributes,
  },
  {
    name: spanNames.blame,
    kind: 'INTERNAL',
    parent: `${spanNames.detect}, or root where no drift was recorded`,
    attributes: [
      { key: spanAttributes.target, type: 'string', about: 'name of the target' },
      { key: spanAttributes.workspace, type: 'string', about: 'its directory' },
      { key: spanAttributes.blameCommand, type: 'string', about: 'the command that was tried' },
      {
        key: spanAttributes.blameResult,
        type: 'string',
        about: 'found, passes, flaky, not-reproduced or stopped',
      },
      { key: spanAttributes.blameEntries, type: 'string[]', about: 'entries that make it fail' },
      { key: spanAttributes.blameRepairs, type: 'string[]', about: 'repairs after which it passed' },
      { key: spanAttributes.blameWorlds, type: 'int', about: 'worlds that were tried' },
      ...journalAttributes,
    ],
  },
  {
    name: spanNames.try,
    kind: 'INTERNAL',
    parent: 'root; its revert is a child of the drift that it caused, or of this span',
    attributes: [
      { key: spanAttributes.target, type: 'string', about: 'name of the target' },
      { key: spanAttributes.workspace, type: 'string', about: 'its directory' },
      { key: spanAttributes.rollbackId, type: 'string', about: 'id for godrift confirm' },
      { key: spanAttributes.rollbackReason, type: 'string', about: 'why it was tried', optional: true },
      { key: spanAttributes.tryCommand, type: 'string', about: 'the command, without secrets' },
      { key: spanAttributes.tryResult, type: 'string', about: 'changed, unchanged or failed' },
      { key: spanAttributes.tryFiles, type: 'string[]', about: 'files that it changed' },
      {
        key: conventions.errorType,
        type: 'string',
        about: 'failed, where its command failed',
        optional: true,
      },
      ...journalAttributes,
    ],
  },
];
