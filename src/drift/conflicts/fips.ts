/**
 * Settings of the FIPS 140-3 module that stop go: GOFIPS140, and fips140 in GODEBUG (contract §3:
 * env-invalid, goenv-invalid).
 */
import { namedTags } from '../../go/build-tags.ts';
import { parseGoflags } from '../../go/goflags.ts';
import { compareGoVersions } from '../../go/version.ts';
import type { Conflict, World } from './rule.ts';
import { effectiveValue, effectiveVersion, startedVersion, takeAway } from './rule.ts';

/** First Go with the FIPS 140-3 module: its archives in the tree, GOFIPS140, and GODEBUG=fips140. */
const fipsSince = '1.24';

/**
 * Describes what go does with a bad value of GOFIPS140, as the end of a sentence; undefined if the value is
 * fine. Words and versions are those of cmd/go/internal/fips140; the versions are archives in lib/fips140 of
 * the tree.
 */
export function fips(value: string, world: World): string | undefined {
  // A go older than 1.24 does not read the variable.
  if (value === 'off' || compareGoVersions(effectiveVersion(world), fipsSince) < 0) return undefined;
  // A tree without these archives has none of the versions.
  const known = world.toolchain?.knowledge.fipsVersions ?? [];
  if (['latest', ...known].includes(value)) return fipsClash(world);
  return /^(inprocess|certified|v1\.\d+\.\d+)$/.test(value)
    ? `every build fails with "unknown GOFIPS140 version"`
    : 'every build fails, as GOFIPS140 is none of off, latest, inprocess, certified and the versions of this tree';
}

/**
 * Describes what is incompatible with an enabled GOFIPS140 (Init in cmd/go/internal/fips140). Go 1.24 accepts
 * the purego tag, 1.26.0 refuses it.
 */
function fipsClash(world: World): string | undefined {
  const words = (name: string) => effectiveValue(world, name).split(',');
  if (words('GOEXPERIMENT').findLast((word) => /^(no)?boringcrypto$/.test(word)) === 'boringcrypto')
    return 'every command that loads packages fails with "cannot use GOFIPS140 with GOEXPERIMENT=boringcrypto"';
  const tags = namedTags(parseGoflags(effectiveValue(world, 'GOFLAGS')).flags);
  return tags.includes('purego') && compareGoVersions(effectiveVersion(world), '1.26') >= 0
    ? 'every command that loads packages fails with "cannot use GOFIPS140 with the purego build tag"'
    : undefined;
}

/** Values of GODEBUG=fips140 (crypto/internal/fips140/fips140.go); the last one counts. */
const fipsModes = ['', 'on', 'only', 'debug', 'off'];

/**
 * Every program built by Go 1.24 or newer fails at startup if GODEBUG selects an unknown mode. Programs do
 * not read GODEBUG from GOENV, so only the process environment counts.
 */
export function fipsModeless(world: World): readonly Conflict[] {
  const fact = world.env?.variables.get('GODEBUG');
  if (fact?.origin.kind !== 'process') return [];
  const word = fact.value.split(',').findLast((one) => one.startsWith('fips140='));
  if (word === undefined || fipsModes.includes(word.slice('fips140='.length))) return [];
  const versions = [startedVersion(world), effectiveVersion(world)];
  if (!versions.some((version) => compareGoVersions(version, fipsSince) >= 0)) return [];
  return [
    {
      key: 'env.GODEBUG',
      actual: fact.value,
      origin: { kind: 'process' },
      summary: `${word} of GODEBUG stops go: every command, and every program made by Go since 1.24, dies with "fips140: unknown GODEBUG setting", as it is none of on, only, debug and off`,
      ...takeAway(world, 'GODEBUG', (one) => one.startsWith('fips140=')),
    },
  ];
}
