/** Parses the header in which a caller names its span (W3C Trace Context). Pure. */

/** A span of another process. */
export interface RemoteSpan {
  /** 32 and 16 hex digits. */
  readonly traceId: string;
  readonly spanId: string;
}

/** Returns the span of a `traceparent` header, undefined for an invalid one, as the standard requires. */
export function readTraceparent(header: string | undefined): RemoteSpan | undefined {
  const match =
    /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/.exec(
      header ?? '',
    );
  const [, version, traceId, spanId, more] = match ?? [];
  if (traceId === undefined || spanId === undefined || (version === '00' && more !== undefined))
    return undefined;
  return { traceId, spanId };
}
