// The built program in a process that stays: for each message its command line, environment and directory are set, and its entry file is
// evaluated anew. What a look costs then is the look, not the start of Node and the loading of its chunks.
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const entry = pathToFileURL(process.argv[2]).href;
let runs = 0;

process.on('message', async ({ args, cwd, env }) => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.argv.splice(2, process.argv.length, ...args);
  process.exitCode = 0;
  const said = { stdout: '', stderr: '' };
  for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
    process[name].removeAllListeners('error');
    process[name].write = (text, written) => {
      said[name] += text;
      written?.();
      return true;
    };
  }
  await (await import(`${entry}?run=${runs++}`)).ended;
  process.send?.({ ...said, exitCode: process.exitCode });
  // A directory that a test removes must not be the one that a process stands in.
  process.chdir('/');
});
