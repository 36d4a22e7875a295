/** Settings of the FIPS 140-3 module that stop go: GOFIPS140, and fips140 in GODEBUG (contract §3: env-invalid, goenv-invalid). */
import { namedTags } from '../../go/build-tags.ts';
import { parseGoflags } from '../../go/goflags.ts';
import { compareGoVersions } from '../../go/version.ts';
import type { Conflict, World } from './rule.ts';
import { effectiveValue, effectiveVersion, startedVersion, takeAway } from './rule.ts';

/** First Go with the module of FIPS 140-3: its archives in the tree, GOFIPS140, and GODEBUG=fips140. */
const fipsSince = '1.24';

/** What go does with a value of GOFIPS140, as the end of a sentence: words and versions of cmd/go/internal/fips140; the versions are archives in lib/fips140 of the tree. */
export function fips(value: string, world: World): string | undefined {
  // A go of before 1.24 does not read the variable.
  if (value === 'off' || compareGoVersions(effectiveVersion(world), fipsSince) < 0) return undefined;
  // A tree from which the archives were left out has none of these versions.
  const known = world.toolchain?.knowledge.fipsVersions ?? [];
  if (['latest', ...known].includes(value)) return fipsClash(world);
  return /^(inprocess|certified|v1\.\d+\.\d+)$/.test(value)
    ? `every build fails with "unknown GOFIPS140 version"`
    : 'every build fails, as GOFIPS140 is none of off, latest, inprocess, certified and the versions of this tree';
}

/** What does not go together with a GOFIPS140 that is on (Init in cmd/go/internal/fips140; the tag was taken by 1.24, and not by 1.26.0). */
function fipsClash(world: World): string | undefined {
  const words = (name: string) => effectiveValue(world, name).split(',');
  if (words('GOEXPERIMENT').findLast((word) => /^(no)?boringcrypto$/.test(word)) === 'boringcrypto')
    return 'every command that loads packages fails with "cannot use GOFIPS140 with GOEXPERIMENT=boringcrypto"';
  const tags = namedTags(parseGoflags(effectiveValue(world, 'GOFLAGS')).flags);
  return tags.includes('purego') && compareGoVersions(effectiveVersion(world), '1.26') >= 0
    ? 'every command that loads packages fails with "cannot use GOFIPS140 with the purego build tag"'
    : undefined;
}

/** Words of GODEBUG=fips140 (crypto/internal/fips140/fips140.go); the last one counts. */
const fipsModes = ['', 'on', 'only', 'debug', 'off'];

/** Every program of Go since 1.24 stops at its start where GODEBUG asks for another mode; of GOENV no program reads it. */
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
