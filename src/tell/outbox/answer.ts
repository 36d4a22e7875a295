/**
 * Interprets the answer of an OTLP/HTTP endpoint (opentelemetry-proto, specification.md, "OTLP/HTTP
 * response"). Pure.
 */
import type { DropReason, FailureReason } from '../../catalog/metrics.ts';

/** The relevant part of an answer. `ok: false`: there was none (`reason` defaults to `unreachable`). */
export type Reply =
  | {
      readonly ok: true;
      readonly status: number;
      readonly retryAfterMs: number | undefined;
      readonly body: string;
      readonly truncated: boolean;
    }
  | { readonly ok: false; readonly why: string; readonly reason?: FailureReason };

export type SendResult =
  /** Accepted, except for `rejected` spans, which must not be sent again. */
  | { readonly kind: 'accepted'; readonly rejected: number; readonly why: string }
  /** Sending the same again cannot help, though perhaps only one of several spans is to blame. */
  | { readonly kind: 'refused'; readonly reason: DropReason; readonly why: string }
  /** Sending again may help; not before `afterMs` if the endpoint said so. */
  | {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      readonly why: string;
      readonly afterMs?: number;
    };

/** 4xx codes that ask for patience (408 request timeout, 425 too early, 429 too many requests). */
const patience = new Set([408, 425, 429]);
/**
 * 4xx codes about the content. All others are about the sender or the address and will be fixed by somebody:
 * a proxy, a token, a URL.
 */
const aboutContent = new Set([400, 413, 422]);

/** Returns what to check if the spans are not to blame. */
function advice(status: number): string {
  if (status >= 300 && status < 400) return 'redirects are not followed';
  if (status === 401 || status === 403 || status === 407) return 'see OTEL_EXPORTER_OTLP_HEADERS';
  return 'see OTEL_EXPORTER_OTLP_ENDPOINT';
}

/** Parses an ExportTraceServiceResponse in JSON; undefined for anything else. An empty answer equals `{}`. */
function rejectedSpans(
  body: string,
  sent: number,
): { readonly count: number; readonly why: string } | undefined {
  if (body.trim() === '') return { count: 0, why: '' };
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return undefined;
  const partial = (answer as { partialSuccess?: unknown }).partialSuccess ?? {};
  if (typeof partial !== 'object') return undefined;
  const { rejectedSpans: rejected = 0, errorMessage = '' } = partial as Record<string, unknown>;
  // The JSON encoding of protobuf writes int64 as a string; some servers send numbers.
  const count = /^\d+$/.test(String(rejected)) ? Number(rejected) : undefined;
  return count === undefined ? undefined : { count: Math.min(count, sent), why: String(errorMessage) };
}

/** Returns the verdict on the answer to `sent` spans. */
export function judge(reply: Reply, sent: number): SendResult {
  if (!reply.ok) return { kind: 'failed', reason: reply.reason ?? 'unreachable', why: reply.why };
  const { status, retryAfterMs } = reply;
  if (status >= 200 && status < 300) {
    const rejected = reply.truncated ? undefined : rejectedSpans(reply.body, sent);
    if (rejected !== undefined) return { kind: 'accepted', rejected: rejected.count, why: rejected.why };
    return {
      kind: 'failed',
      reason: 'not_otlp',
      why: `it answered ${status} with something that is no OTLP answer`,
    };
  }
  const why = `it answered ${status}`;
  if (aboutContent.has(status))
    return { kind: 'refused', reason: status === 413 ? 'too_large' : 'refused', why };
  const after = retryAfterMs ? { afterMs: retryAfterMs } : {};
  if (status >= 500 || patience.has(status)) return { kind: 'failed', reason: 'unavailable', why, ...after };
  return { kind: 'failed', reason: 'turned_away', why: `${why}: ${advice(status)}`, ...after };
}
