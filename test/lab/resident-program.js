// The built program in a long-lived process. For each message it sets the command line, environment and
// directory, and evaluates the entry file again. A run then does not pay for the start of Node and the
// loading of chunks.
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
  // The test may remove the directory of the run: leave it.
  process.chdir('/');
});
