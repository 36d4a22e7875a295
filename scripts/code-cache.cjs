// `node scripts/code-cache.cjs LAUNCHER`: runs `check` where it is started, and keeps what V8 compiled for the next time.
const { writeFileSync } = require('node:fs');

const launcher = process.argv[2];
process.argv.splice(1, 2, launcher, 'check');
const { script, codeCache } = require(launcher);
process.once('exit', () => writeFileSync(codeCache, script.createCachedData()));
