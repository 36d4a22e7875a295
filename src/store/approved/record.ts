/**
 * The approved record: what a rollback restores from (design §9). A snapshot is redacted and portable, so nothing can be put back by it; this is the raw copy
 * that was kept of what was accepted on this host. Its own digest stands in the journal's line of the baseline, and those of the bytes stand in it.
 */
import * as z from 'zod';

/** What an entry is to a build. */
export const approvedRoles = [
  'goenv',
  'go.env',
  'go.mod',
  'go.sum',
  'go.work',
  'go.work.sum',
  /** A link on the way from PATH to the go command. */
  'toolchain-link',
  /** A file of a vendor directory: of what a rollback replaced, for what was approved is in the commit. */
  'vendor',
] as const;
export type ApprovedRole = (typeof approvedRoles)[number];

/** Roles of files of settings, whose lines each set a variable. */
export type SettingsRole = Extract<ApprovedRole, 'goenv' | 'go.env'>;

/** Whether a role is that of a file of settings. */
export const isSettingsRole = (role: ApprovedRole): role is SettingsRole =>
  role === 'goenv' || role === 'go.env';

/** Roles of files that the project itself keeps under version control. */
export const projectRoles: readonly ApprovedRole[] = ['go.mod', 'go.sum', 'go.work', 'go.work.sum', 'vendor'];

/** Names that are kept in one record; a workspace of 400 modules has some 800. */
export const mostEntries = 2000;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const id = z.int().nonnegative();

/** What stood under a name. */
export const stateSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('absent') }),
  z.strictObject({
    kind: z.literal('file'),
    sha256: digest,
    size: id,
    mode: id,
    uid: id,
    gid: id,
  }),
  z.strictObject({ kind: z.literal('link'), to: z.string().min(1).max(4096) }),
]);

/** One name, as it was: the real directory that holds it, itself, and by which path go knows it. */
const entrySchema = z.strictObject({
  role: z.enum(approvedRoles),
  path: z.string().startsWith('/').max(4096),
  directory: z.string().startsWith('/').max(4096),
  name: z
    .string()
    .min(1)
    .max(255)
    .refine((name) => !name.includes('/') && name !== '.' && name !== '..'),
  state: stateSchema,
});

/** Schema 1. */
export const approvedSchema = z.strictObject({
  schema: z.literal(1),
  target: z.string(),
  workspace: z.string(),
  /** When the snapshot was taken, ms since the epoch. */
  time: z.number(),
  /** Of the snapshot's body, `sha256:` and 64 hex digits. */
  fingerprint: z.string(),
  who: z.string().exactOptional(),
  why: z.string().exactOptional(),
  /** Nobody approved it: it is what stood there before a rollback, so that nothing is lost by one. */
  replaced: z.literal(true).exactOptional(),
  /** Of what a rollback replaced: what it put there instead. Whatever else stands there later is somebody's own. */
  followed: z.array(entrySchema).max(mostEntries).exactOptional(),
  /** Conflicts that held then: they come back with it, and are nothing new. */
  conflicts: z.array(z.strictObject({ rule: z.string(), summary: z.string() })).exactOptional(),
  /** The snapshot as it was accepted; its bytes are kept beside. */
  snapshot: digest,
  entries: z.array(entrySchema).max(mostEntries),
});

export type ApprovedRecord = z.infer<typeof approvedSchema>;
export type ApprovedEntry = z.infer<typeof entrySchema>;
