/** Projects the line that ends a `godrift try` to a span. */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { conventions, spanAttributes as keys, spanNames } from '../../catalog/spans.ts';
import type { TryEvent } from '../../drift/try-event.ts';
import { type JournalLineRef, recorder } from './span-recorder.ts';

/** Returns the span of a try, from the observation before its command to the one after it. */
export function trySpans(event: TryEvent, place: JournalLineRef): readonly ReadableSpan[] {
  const made = recorder(event, place);
  const { start, end, reason, result = 'unchanged', why } = event;
  const span = made.tracer.startSpan(
    spanNames.try,
    {
      root: true,
      kind: SpanKind.INTERNAL,
      startTime: new Date(start),
      attributes: {
        [keys.target]: event.target,
        [keys.workspace]: event.workspace,
        [keys.rollbackId]: event.id,
        ...(reason === undefined ? {} : { [keys.rollbackReason]: reason }),
        [keys.tryCommand]: event.command,
        [keys.tryResult]: result,
        [keys.tryFiles]: [...event.files],
        ...made.witness,
      },
    },
    ROOT_CONTEXT,
  );
  if (result === 'failed') {
    span.setAttribute(conventions.errorType, result);
    span.setStatus({ code: SpanStatusCode.ERROR, message: why });
  }
  span.end(new Date(Math.max(start, end)));
  return made.spans;
}
