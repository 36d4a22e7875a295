/** Projects the result of a blame to a span: a child of the drift that it explains. */
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { spanAttributes as keys, spanNames } from '../../catalog/spans.ts';
import type { BlameEvent } from '../../drift/blame-event.ts';
import { contextOf, type JournalLineRef, recorder } from './span-recorder.ts';

/** Returns the span of a blame. */
export function blameSpans(event: BlameEvent, place: JournalLineRef): readonly ReadableSpan[] {
  const made = recorder(event, place);
  const { parent_span_id: parent, trace_id: trace, start, end } = event;
  const span = made.tracer.startSpan(
    spanNames.blame,
    {
      root: parent === undefined,
      kind: SpanKind.INTERNAL,
      startTime: new Date(start),
      attributes: {
        [keys.target]: event.target,
        [keys.workspace]: event.workspace,
        [keys.blameCommand]: event.command,
        [keys.blameResult]: event.result,
        [keys.blameEntries]: [...event.entries],
        [keys.blameRepairs]: [...event.repairs],
        [keys.blameWorlds]: event.worlds,
        ...made.witness,
      },
    },
    parent === undefined ? ROOT_CONTEXT : contextOf(trace, parent),
  );
  span.end(new Date(Math.max(start, end)));
  return made.spans;
}
