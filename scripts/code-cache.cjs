// `node scripts/code-cache.cjs LAUNCHER ARG…`: runs what the launcher starts with these arguments, and keeps what V8 compiled for the next time.
const { writeFileSync } = require('node:fs');

const launcher = process.argv[2];
process.argv.splice(1, 1);
const { script, codeCache } = require(launcher);
process.once('exit', () => writeFileSync(codeCache, script.createCachedData()));
