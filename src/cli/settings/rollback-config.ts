/**
 * Strict schemas of the sections `rollback` and `admin` of the configuration: what may be changed on a host
 * must not be guessed.
 */
import * as z from 'zod';
import { facetsWithRollback } from '../../catalog/facets.ts';
import { parseGoVersion } from '../../go/version.ts';
import { namePattern } from '../../store/exemptions.ts';
import { longestTrialMs, policyModes, preflightModes } from '../../undo/policy.ts';
import { longestWindow, parseWindow } from '../../undo/windows.ts';
import { parseDuration } from './duration.ts';

const day = 86_400_000;

/** A duration between `least` and `most` (ms); `text` names the range in the error. */
const between = (least: number, most: number, text: string) =>
  z.string().refine((given) => {
    const ms = parseDuration(given);
    return ms !== undefined && ms >= least && ms <= most;
  }, `is no duration from ${text}`);

/** How long a rollback may wait to be confirmed. */
export const confirmWithin = between(1000, day, '1s to 24h');

/**
 * A command that confirms a rollback. It starts with an absolute path, because neither a shell nor a PATH
 * lookup is involved.
 */
export const confirmCommand = z
  .array(z.string().max(4096))
  .min(1)
  .max(50)
  .refine(([program = '']) => program.startsWith('/'), 'begins with no absolute path of a program')
  .refine((words) => words.every((word) => !word.includes('\0')), 'holds a NUL');

const timeWindow = z
  .string()
  .max(longestWindow)
  .superRefine((text, context) => {
    const parsed = parseWindow(text);
    if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: parsed });
  });
const timeWindows = z.array(timeWindow).max(20).default([]);

const allowed = z
  .strictObject({
    target: z.string().min(1).max(63).optional(),
    pattern: namePattern.optional(),
    facets: z.array(z.enum(facetsWithRollback)).min(1),
  })
  .refine(
    ({ target, pattern }) => (target === undefined) !== (pattern === undefined),
    'needs a target or a pattern, and not both',
  );

const httpUrl = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}, 'is no http or https address without a password');

/** The schema of `rollback:` in the configuration. */
export const rollbackSchema = z
  .strictObject({
    mode: z.enum(policyModes).default('off'),
    allow: z.array(allowed).max(200).optional(),
    cooldown: between(0, 30 * day, '0s to 30d').optional(),
    attempts: z
      .strictObject({ max: z.int().min(1).max(100), within: between(1000, 30 * day, '1s to 30d') })
      .optional(),
    windows: z.strictObject({ allow: timeWindows, deny: timeWindows }).optional(),
    minimum_go: z
      .string()
      .refine((text) => parseGoVersion(text) !== undefined, 'is no Go version such as "1.24"')
      .optional(),
    preflight: z.enum(preflightModes).default('off'),
    preflight_timeout: between(1000, longestTrialMs, '1s to 30m').optional(),
    download: z.boolean().default(false),
    breaker: z
      .strictObject({
        share: z.number().min(0).max(1).default(0.3),
        at_least: z.int().min(1).max(10_000).default(2),
      })
      .optional(),
    quarantine: between(0, 400 * day, '0s to 400d').optional(),
    approval_expiry: between(1000, 30 * day, '1s to 30d').optional(),
    poll: z
      .strictObject({
        alertmanager: httpUrl,
        interval: between(1000, day, '1s to 24h').default('15s'),
        instance: z.string().min(1).max(255).optional(),
      })
      .optional(),
  })
  .refine(({ mode, allow }) => mode !== 'auto' || (allow ?? []).length > 0, {
    path: ['allow'],
    message: 'is missing: mode auto needs the targets and facets that may be rolled back',
  });

/** The schema of `admin:` in the configuration. */
export const adminSchema = z.strictObject({
  listen: z.string().min(1).max(255),
  tokens: z
    .array(
      z.strictObject({
        file: z.string().startsWith('/', 'is no absolute path'),
        scope: z.enum(['rollback', 'deployments']),
      }),
    )
    .max(20)
    .default([]),
});

export type RollbackFile = z.infer<typeof rollbackSchema>;
export type AdminFile = z.infer<typeof adminSchema>;
