/** A day of samples in a ring, and the picture of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TargetState } from '../../../../src/drift/state.ts';
import { createHistory, samplesKept, stepMs } from '../../../../src/tell/status/history.ts';
import { sparkline, sparklineLabel } from '../../../../src/tell/status/sparkline.ts';
import { driftedToolchain, quiet } from '../states.ts';

const start = Math.floor(Date.UTC(2026, 10, 22) / stepMs) * stepMs;

/** A state of a minute with a distance; undefined is one without a baseline. */
function at(minute: number, distance: number | undefined, target = 'api'): TargetState {
  const { drift, ...facet } = driftedToolchain;
  const toolchain =
    distance === undefined || drift === undefined
      ? facet
      : { ...facet, drift: { ...drift, semanticDistance: distance } };
  return { ...quiet, target, time: start + minute * stepMs, facets: { toolchain } };
}

const known = (day: Float32Array) => [...day].filter((value) => !Number.isNaN(value));

describe('the history of a target', () => {
  it('agrees with a plain map for any input', () => {
    const looks = fc.array(
      fc.record({
        skip: fc.nat({ max: 900 }),
        distance: fc.option(fc.constantFrom(0, 0.25, 0.5, 1), { nil: undefined }),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(looks, (all) => {
        const history = createHistory();
        const model = new Map<number, number>();
        let minute = 0;
        for (const { skip, distance } of all) {
          minute += skip;
          history.record(at(minute, distance));
          if (distance !== undefined) model.set(minute, Math.max(distance, model.get(minute) ?? 0));
        }
        const expected = Array.from({ length: samplesKept }, (_, index) => {
          return model.get(minute - samplesKept + 1 + index) ?? Number.NaN;
        });
        expect([...history.day('api', start + minute * stepMs)]).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('ends at the given moment, so that a target without observations moves away', () => {
    const history = createHistory();
    history.record(at(0, 0.5));
    const later = history.day('api', start + 60 * stepMs);
    expect(later.indexOf(0.5)).toBe(samplesKept - 61);
    expect(known(history.day('api', start + samplesKept * stepMs))).toEqual([]);
  });

  it('starts anew when the clock was set back', () => {
    const history = createHistory();
    history.record(at(100, 0.5));
    history.record(at(50, 0.25));
    expect(known(history.day('api', start + 100 * stepMs))).toEqual([0.25]);
  });

  it('forgets targets that are gone', () => {
    const history = createHistory();
    history.record(at(0, 0.5, 'api'));
    history.record(at(0, 0.5, 'web'));
    history.retain(['web']);
    expect(known(history.day('api', start))).toEqual([]);
    expect(known(history.day('web', start))).toEqual([0.5]);
  });
});

describe('the sparkline', () => {
  const day = (values: Readonly<Record<number, number>>) => {
    const filled = new Float32Array(samplesKept).fill(Number.NaN);
    for (const [index, value] of Object.entries(values)) filled[Number(index)] = value;
    return filled;
  };

  it('describes itself in words', () => {
    expect(sparklineLabel(day({}))).toContain('not known yet');
    expect(sparklineLabel(day({ 3: 0.75, 9: 0.25 }))).toContain('0.25 now, 0.75 at most');
  });

  it('draws the worst of a column, and gaps without observations', () => {
    const drawn = sparkline(day({ 0: 0, 1: 1, 6: 0, 24: 0.5 })).toString();
    const lines = [...drawn.matchAll(/class="line" d="([^"]+)"/g)].map((match) => match[1]);
    expect(lines).toEqual(['M0 2H1V34H2', 'M4 18H5']);
    expect(sparkline(day({})).toString()).not.toContain('class="line"');
  });
});
