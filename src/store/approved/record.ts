/**
 * The approved record, from which a rollback restores (design §9). A snapshot is redacted and portable, so
 * nothing can be restored from it; the record is the raw copy of what was accepted on this host. The journal
 * line of the baseline holds the record's digest, and the record holds those of the contents.
 */
import * as z from 'zod';

/** The role of an entry in a build. */
export const approvedRoles = [
  'goenv',
  'go.env',
  'go.mod',
  'go.sum',
  'go.work',
  'go.work.sum',
  /** A symlink on the path from PATH to the go command. */
  'toolchain-link',
  /**
   * A file of a vendor directory. Only in records of what a rollback replaced: approved vendor files are in
   * the commit.
   */
  'vendor',
] as const;
export type ApprovedRole = (typeof approvedRoles)[number];

/** Roles of settings files, each line of which sets a variable. */
export type SettingsRole = Extract<ApprovedRole, 'goenv' | 'go.env'>;

/** Reports whether a role is that of a settings file. */
export const isSettingsRole = (role: ApprovedRole): role is SettingsRole =>
  role === 'goenv' || role === 'go.env';

/** Roles of files that the project keeps under version control. */
export const projectRoles: readonly ApprovedRole[] = ['go.mod', 'go.sum', 'go.work', 'go.work.sum', 'vendor'];

/** Most entries of a record; a workspace of 400 modules has some 800. */
export const mostEntries = 2000;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const id = z.int().nonnegative();

/** The state of a name in a directory. */
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

/** A name with its state: the real directory that holds it, the name, and the path by which go knows it. */
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
  /** Fingerprint of the snapshot's body, `sha256:` and 64 hex digits. */
  fingerprint: z.string(),
  who: z.string().exactOptional(),
  why: z.string().exactOptional(),
  /** Not approved: the state before a rollback, kept so that a rollback loses nothing. */
  replaced: z.literal(true).exactOptional(),
  /**
   * In a `replaced` record: what the rollback put in its place. Any other content found later is a user's own
   * work.
   */
  followed: z.array(entrySchema).max(mostEntries).exactOptional(),
  /** Conflicts at that time: they return with the restored state, and are not new. */
  conflicts: z.array(z.strictObject({ rule: z.string(), summary: z.string() })).exactOptional(),
  /** Digest of the accepted snapshot, whose bytes are stored beside. */
  snapshot: digest,
  entries: z.array(entrySchema).max(mostEntries),
});

export type ApprovedRecord = z.infer<typeof approvedSchema>;
export type ApprovedEntry = z.infer<typeof entrySchema>;
