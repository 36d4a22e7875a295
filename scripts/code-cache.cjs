// `node scripts/code-cache.cjs LAUNCHER ARG…`: runs the launcher with these arguments and stores V8's code
// cache of the run for the next start.
const { writeFileSync } = require('node:fs');

const launcher = process.argv[2];
process.argv.splice(1, 1);
const { script, codeCache } = require(launcher);
process.once('exit', () => writeFileSync(codeCache, script.createCachedData()));
