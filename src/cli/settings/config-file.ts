/**
 * Schemas of the YAML configuration and of a workspace's `.godrift.yml`. They are strict, and all mistakes
 * are reported at once.
 */
import * as z from 'zod';
import { AppError } from '../../catalog/errors.ts';
import { facets } from '../../catalog/facets.ts';
import { logFormats, logLevels } from '../../catalog/options.ts';
import { findsTargets } from '../../observe/discovery/entries.ts';
import { isPattern, parsePattern } from '../../observe/discovery/pattern.ts';
import { namePattern } from '../../store/exemptions.ts';
import { issueText } from '../../store/plain-issue.ts';
import { parseDuration } from './duration.ts';
import { adminSchema, confirmCommand, confirmWithin, rollbackSchema } from './rollback-config.ts';
import { parseYaml, type YamlLimits } from './strict-yaml.ts';

const duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, 'is no duration such as 15s or 1m30s');
const goVersion = z
  .string()
  .regex(/^(go)?\d+(\.\d+){0,2}((rc|beta)\d+)?$/, 'is no Go version such as "1.26" or "1.26.1"');
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of an environment variable');

const toolName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'is no name of a program');
const toolVersion = z
  .string()
  .regex(
    /^((v|go)?\d+(\.\d+){0,2}([-+.][0-9A-Za-z.+-]+|(rc|beta)\d+)?|latest|system)$/,
    'is no version such as "2.1" or "2.1.0"',
  );

/** Most pinned tools of a project; real projects pin about forty. */
const mostTools = 200;

const pins = z.strictObject({
  go: goVersion.optional(),
  go_mod: z.enum(['floor', 'exact']).default('floor'),
  tools: z
    .record(toolName, toolVersion)
    .default({})
    .refine((tools) => Object.keys(tools).length <= mostTools, `are more than ${mostTools}`),
});

/**
 * A path that may be relative. A leading `~` or `$` is refused, because no shell expands it here; `./~` is a
 * file of that name.
 */
const writtenPath = z
  .string()
  .min(1)
  .refine(
    (text) => !/^[~$]/.test(text),
    'begins with ~ or $, which only a shell expands: write the path in full',
  );

const environment = z.union([
  z.enum(['self', 'none']).transform((from) => ({ from })),
  z.strictObject({ from: z.enum(['self', 'none']) }),
  z.strictObject({ from: z.literal('file'), path: writtenPath }),
  z.strictObject({ from: z.literal('build'), uid: z.int().nonnegative().optional() }),
  z.strictObject({
    from: z.literal('process'),
    exe: z.string().optional(),
    cmdline: z.string().optional(),
    uid: z.int().nonnegative().optional(),
  }),
]);

/** Name patterns of targets whose drift raises no alert. */
const whitelist = z.array(namePattern).max(20);

const goPath = z.string().startsWith('/', 'is no absolute path');
/** Most go binaries in the list of one entry. */
const mostGos = 50;
const targetName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'is no target name (letters, digits, . _ -)');

/**
 * Returns why a path with wildcards is invalid; undefined for a valid pattern and for a path without
 * wildcards.
 */
function patternProblem(file: string | undefined): string | undefined {
  if (file === undefined || !isPattern(file)) return undefined;
  const read = parsePattern(file);
  return typeof read === 'string' ? read : undefined;
}

const targetShape = z.strictObject({
  name: targetName.optional(),
  workspace: writtenPath.optional(),
  go: z.union([goPath, z.array(goPath).min(1).max(mostGos)]).optional(),
  environment: environment.default({ from: 'self' }),
  pool: z.string().max(63).default(''),
  baseline: z.enum(['auto', 'pinned', 'learned', 'accepted']).default('auto'),
  pins: pins.default({ go_mod: 'floor', tools: {} }),
  required: z.array(variableName).max(20).default([]),
  tools: z.array(z.string().min(1)).max(50).default([]),
  confirm_within: confirmWithin.optional(),
  confirm_command: confirmCommand.optional(),
});

const target = targetShape.superRefine((one, context) => {
  const { name, workspace, go, confirm_within: within, confirm_command: command } = one;
  const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
  if (name === undefined && !isPattern(workspace ?? ''))
    refuse('name', 'is missing: only targets that a pattern finds get their names from it');
  if (command !== undefined && within === undefined)
    refuse('confirm_command', 'needs confirm_within: without it nothing waits to be confirmed');
  const problem = patternProblem(workspace);
  if (problem !== undefined) refuse('workspace', problem);
  for (const one of [go ?? []].flat()) {
    const why = patternProblem(one);
    if (why !== undefined) refuse('go', `${one} ${why}`);
  }
});

/** Most entries with patterns. */
const mostPatterns = 50;

/** Reports duplicate names in a list of targets, and too many patterns. */
function checkTargets(
  targets: readonly z.infer<typeof targetShape>[],
  context: z.core.$RefinementCtx<unknown>,
): void {
  const refuse = (message: string) => context.addIssue({ code: 'custom', path: [], message });
  const names = targets.flatMap(({ name }) => name ?? []);
  if (new Set(names).size < names.length) refuse('has two targets with the same name');
  if (targets.length - names.length > 1)
    refuse('has two patterns without a name: their targets could get the same names');
  if (targets.filter(({ workspace, go }) => findsTargets(workspace ?? '', go)).length > mostPatterns)
    refuse(`has more than ${mostPatterns} patterns`);
}

/** Most addresses of one listener. */
const mostAddresses = 16;

/** The schema of `--config.file`. */
export const configSchema = z.strictObject({
  interval: duration.optional(),
  state_directory: z.string().startsWith('/', 'is no absolute path').optional(),
  web: z
    .strictObject({
      listen_address: z
        .union([z.string().transform((one) => [one]), z.array(z.string()).min(1).max(mostAddresses)])
        .optional(),
      systemd_socket: z.boolean().optional(),
      config: z
        .strictObject({ file: z.string().startsWith('/', 'is no absolute path').optional() })
        .optional(),
      telemetry_path: z.string().startsWith('/').optional(),
      max_requests: z.int().nonnegative().optional(),
      disable_exporter_metrics: z.boolean().optional(),
    })
    .optional(),
  collector: z.strictObject({ disable: z.array(z.enum(facets)).optional() }).optional(),
  textfile: z.string().startsWith('/', 'is no absolute path').optional(),
  file_sd: z.string().startsWith('/', 'is no absolute path').optional(),
  journal: z.strictObject({ unsent_limit: z.string().optional() }).optional(),
  event_log: z
    .strictObject({
      file: z.string().startsWith('/', 'is no absolute path').optional(),
      max_size: z.string().optional(),
      keep: z.int().optional(),
    })
    .optional(),
  log: z
    .strictObject({
      level: z.enum(logLevels).optional(),
      format: z.enum(logFormats).optional(),
    })
    .optional(),
  whitelist: whitelist.optional(),
  target_limit: z.int().nonnegative().optional(),
  rollback: rollbackSchema.optional(),
  admin: adminSchema.optional(),
  targets: z.array(target).min(1).superRefine(checkTargets).optional(),
});

/**
 * The schema of `.godrift.yml` in a workspace. It allows pins and required variables only: a pull request
 * must not configure the host.
 */
export const workspaceSchema = z.strictObject({
  pins: pins.optional(),
  required: z.array(variableName).max(20).optional(),
});

export type ConfigFile = z.infer<typeof configSchema>;
export type ConfiguredTarget = z.infer<typeof target>;
export type WorkspaceFile = z.infer<typeof workspaceSchema>;

/** Most mistakes that one error message lists. */
const mostIssues = 10;

function explain(issue: z.core.$ZodIssue): string {
  return issueText(
    issue.code === 'unrecognized_keys' ? { ...issue, keys: issue.keys.slice(0, mostIssues) } : issue,
    'the file',
  );
}

/**
 * Parses YAML text and checks it against a schema. Throws AppError that lists the mistakes, at most the first
 * ten.
 */
export function parseConfig<T>(schema: z.ZodType<T>, text: string, path: string, limits: YamlLimits): T {
  const result = schema.safeParse(parseYaml(text, path, limits) ?? {});
  if (result.success) return result.data;
  const { issues } = result.error;
  const more = issues.length > mostIssues ? `; and ${issues.length - mostIssues} more` : '';
  throw new AppError(
    `cannot use ${path}`,
    issues.slice(0, mostIssues).map(explain).join('; ') + more,
    'correct the file (godrift config check tries it)',
  );
}
