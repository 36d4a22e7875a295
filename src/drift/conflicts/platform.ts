/**
 * Conflicts of the target platform and of the compiler it needs (contract §3: goos-goarch-unsupported,
 * goarch-level-invalid, cgo-no-compiler, gobin-cross).
 */
import { archLevelName } from '../../go/defaults.ts';
import { isArchLevelValid } from '../../go/goroot-source.ts';
import { outsideLinker, sanitizerOf } from './goflags.ts';
import type { Conflict, Rule, World } from './rule.ts';
import { effectiveValue, effectiveVersion, originOf, takeAway, unset, unsetFix } from './rule.ts';

/** Reports a GOOS/GOARCH pair that the toolchain does not support. */
export const goosGoarchUnsupported: Rule = (world) => {
  const platforms = world.toolchain?.knowledge.platforms;
  const pair = `${effectiveValue(world, 'GOOS')}/${effectiveValue(world, 'GOARCH')}`;
  if (platforms === undefined || pair === '/' || platforms.has(pair)) return [];
  const name = originOf(world, 'GOOS').origin === undefined ? 'GOARCH' : 'GOOS';
  return [
    {
      key: `env.${name}`,
      actual: pair,
      ...originOf(world, name),
      summary: `go ${effectiveVersion(world)} does not build for ${pair}`,
      ...takeAway(world, name),
    },
  ];
};

/**
 * Reports a feature level that the toolchain does not know. Measured with go1.21 to go1.27: a bad value in
 * the process environment stops every go command, even the level of another architecture (internal/buildcfg
 * reads them all at startup); a bad value in GOENV stops the compiler when that architecture is built. GO386
 * is read by the compiler only. GOAMD64 and GOARM are silently accepted since 1.23.
 */
export const goarchLevelInvalid: Rule = (world) => {
  const built = archLevelName(effectiveValue(world, 'GOARCH'));
  return [...(world.toolchain?.knowledge.levels ?? [])].flatMap(([name, level]): readonly Conflict[] => {
    const value = effectiveValue(world, name);
    if (value === '' || isArchLevelValid(value, level)) return [];
    const everywhere = level.refused && originOf(world, name).origin?.kind === 'process';
    if (name !== built && !everywhere) return [];
    const refused = level.refused || name === 'GO386';
    const words = name === 'GO386' ? 'unsupported setting GO386' : `invalid ${name}`;
    return [
      {
        key: `env.${name}`,
        actual: value,
        level: refused ? 'major' : 'minor',
        ...originOf(world, name),
        summary: refused
          ? `go ${effectiveVersion(world)} fails with "${words}" on every ${everywhere ? 'command' : 'build'}`
          : `go ${effectiveVersion(world)} silently accepts ${name}=${value}, although it knows no such level`,
        ...takeAway(world, name),
      },
    ];
  });
};

/**
 * Reports whether the host's C compiler builds for the target platform, by default or with -m32 (which cmd/go
 * adds: gccArchArgs in work/exec.go).
 */
function isHostPair(world: World): boolean {
  const [os, arch] = [effectiveValue(world, 'GOOS'), effectiveValue(world, 'GOARCH')];
  const [hostOs, hostArch] = [effectiveValue(world, 'GOHOSTOS'), effectiveValue(world, 'GOHOSTARCH')];
  return os === hostOs && (arch === hostArch || (arch === '386' && hostArch === 'amd64'));
}

/** Reports that cgo is on without a C compiler, or with the host's own one for another platform. */
export const cgoNoCompiler: Rule = (world) => {
  if (effectiveValue(world, 'CGO_ENABLED') !== '1') return [];
  const compiler = effectiveValue(world, 'CC');
  const chosen = originOf(world, 'CC').origin !== undefined;
  const conflict = { key: 'env.CC', actual: compiler, ...originOf(world, 'CC') };
  const culprit = chosen ? 'CC' : 'CGO_ENABLED';
  const back = unset(world, culprit);
  if (world.env?.compilerFound === false) {
    const sanitizer = sanitizerOf(world);
    const cause = sanitizer === undefined ? outsideLinker(world) : `-${sanitizer}`;
    const failing = cause === undefined ? 'packages with cgo fail' : `with ${cause} every program fails`;
    // If CC names a launcher and a compiler, only one of them may be missing.
    const missing = world.env.compilerMissing ?? compiler;
    const what =
      missing === compiler ? `the C compiler ${compiler}` : `${missing} of the C compiler ${compiler}`;
    return [
      {
        ...conflict,
        ...(cause === undefined ? {} : { level: 'major' as const }),
        summary: `CGO_ENABLED=1 and ${what} is not found: ${failing} to build`,
        repair: `${missing.includes('/') ? `name a C compiler that is there in ${culprit === 'CC' ? 'CC' : 'the variable CC'}` : `install ${missing}`}, or ${back}`,
        ...unsetFix(world, culprit),
      },
    ];
  }
  const { GOOS, GOARCH } = { GOOS: effectiveValue(world, 'GOOS'), GOARCH: effectiveValue(world, 'GOARCH') };
  // A cross compiler has a name of its own; Apple's clang builds for all of Apple's platforms.
  if (chosen || isHostPair(world) || effectiveValue(world, 'GOHOSTOS') !== 'linux' || GOARCH === 'wasm')
    return [];
  return [
    {
      ...conflict,
      summary: `CGO_ENABLED=1, and the C compiler ${compiler} of this host does not build for ${GOOS}/${GOARCH}: packages with cgo fail to build`,
      repair: `set CC to a compiler for ${GOOS}/${GOARCH}, or ${back}`,
      ...unsetFix(world, culprit),
    },
  ];
};

/**
 * Reports a GOBIN combined with another platform: go install refuses to put programs for another platform
 * there (InstallPackages in cmd/go/internal/work/build.go).
 */
export const gobinCross: Rule = (world) => {
  // Go 1.27 has a default for GOBIN, which does not count as set.
  if (effectiveValue(world, 'GOBIN') === '' || originOf(world, 'GOBIN').origin === undefined) return [];
  const foreign = (['GOARCH', 'GOOS'] as const).find((name) => {
    const [value, host] = [effectiveValue(world, name), effectiveValue(world, name.replace('GO', 'GOHOST'))];
    return value !== '' && host !== '' && value !== host;
  });
  if (foreign === undefined) return [];
  const pair = `${effectiveValue(world, 'GOOS')}/${effectiveValue(world, 'GOARCH')}`;
  return [
    {
      key: `env.${foreign}`,
      actual: effectiveValue(world, foreign),
      ...originOf(world, foreign),
      summary: `go install fails with "cannot install cross-compiled binaries when GOBIN is set", as builds are for ${pair} and GOBIN is ${effectiveValue(world, 'GOBIN')}`,
      repair: `${unset(world, foreign)} where builds are for this machine, else ${unset(world, 'GOBIN')}`,
      ...unsetFix(world, foreign),
    },
  ];
};
