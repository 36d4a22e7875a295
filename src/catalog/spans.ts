/**
 * The catalogue of spans (contract §6) and their attribute keys. Keys of the OpenTelemetry semantic conventions are
 * copied as constants: those in development may be renamed between releases, and a key that users search for must not
 * change with a dependency.
 */

/** Span kinds, named as in the contract. */
export type SpanKindName = 'INTERNAL' | 'CLIENT' | 'SERVER';

/** Attribute types of OpenTelemetry that godrift uses. */
export type AttributeType = 'string' | 'int' | 'double' | 'string[]';

export interface AttributeRow {
  readonly key: string;
  readonly type: AttributeType;
  readonly about: string;
  /** The attribute is absent if the value is not known. */
  readonly optional?: true;
}

export interface SpanRow {
  /** The name, or a pattern of it with `{facet}`, `{kind}` or `{executable}`. */
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

/** godrift's own keys. Their prefix is not a namespace of the semantic conventions. */
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

/** URL path at which alert notifications are received. */
export const alertsPath = '/api/v1/alertmanager';

export const spanNames = {
  detect: 'detect drift',
  resolve: 'resolve drift',
  /** Returns the span name of a collector run. */
  collect: (facet: string) => `collect ${facet}`,
  /** Returns the span name of a rollback. */
  rollback: (facet: string) => `rollback ${facet}`,
  /** Returns the span name of a step of a rollback. */
  step: (kind: string) => `step ${kind}`,
  guard: 'guard',
  verify: 'verify',
  undo: 'undo',
  /** A run of `godrift blame`. */
  blame: 'blame',
  /** A run of `godrift try`, whose changes have to be confirmed. */
  try: 'try',
  /** A request with alert notifications. */
  alerts: `POST ${alertsPath}`,
} as const;

/** Name of the span event on `detect drift` for each changed entry. */
export const entryChangedEvent = 'godrift.entry.changed';
/** Largest number of these events on one span; {@link spanAttributes.entriesOmitted} counts the others. */
export const entryChangedLimit = 50;

/** The journal line of a span, which a stored span thus witnesses (`godrift events --verify --witness`). */
const journalAttributes: readonly AttributeRow[] = [
  { key: spanAttributes.journalSequence, type: 'int', about: 'sequence number of its journal line' },
  { key: spanAttributes.journalHash, type: 'string', about: 'SHA-256 of that line' },
];

const driftAttributes: readonly AttributeRow[] = [
  { key: spanAttributes.target, type: 'string', about: 'name of the target' },
  { key: spanAttributes.workspace, type: 'string', about: 'its directory' },
  { key: spanAttributes.level, type: 'string', about: 'none, patch, minor or major' },
  { key: spanAttributes.facets, type: 'string[]', about: 'facets that drifted' },
  { key: spanAttributes.cause, type: 'string', about: 'cause, where known' },
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

/** Attributes of the steps, verification and undo of a rollback. */
const partAttributes: readonly AttributeRow[] = [
  { key: spanAttributes.stepKind, type: 'string', about: 'kind of the step', optional: true },
  { key: conventions.filePath, type: 'string', about: 'path that it changes', optional: true },
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
        about: 'who probably wrote the changed files, and how that is known',
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
            about: 'origin of the value',
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
      { key: conventions.httpResponseStatusCode, type: 'int', about: 'status of the response' },
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
      { key: spanAttributes.facet, type: 'string', about: 'facet that was rolled back' },
      {
        key: spanAttributes.rollbackId,
        type: 'string',
        about: 'id of the rollback, the same in intent and outcome',
      },
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
        about: 'all reasons of a refusal',
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
      { key: spanAttributes.blameRepairs, type: 'string[]', about: 'repairs that were verified to work' },
      { key: spanAttributes.blameWorlds, type: 'int', about: 'number of environments that were tried' },
      ...journalAttributes,
    ],
  },
  {
    name: spanNames.try,
    kind: 'INTERNAL',
    parent: 'root; the revert is a child of the drift that the change caused, or of this span',
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
