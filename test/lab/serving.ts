// Starts an exporter with a web configuration. Since /-/ready needs credentials, readiness is read from its
// log.
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { eventually } from './eventually.ts';
import { program, type World } from './godrift.ts';
import { freePorts } from './ports.ts';

export interface Serving {
  readonly port: number;
  output(): string;
}

/** Starts `serve` with a web configuration file, waits for its first pass, and stops it after the test. */
export async function startServing(
  world: World,
  webFile: string,
  args: readonly string[] = [],
): Promise<Serving> {
  const [port = 0] = await freePorts(1);
  const own = ['serve', '--web.config.file', webFile, '--web.listen-address', `127.0.0.1:${port}`, ...args];
  const child = execa(process.execPath, [program, ...own], {
    cwd: world.workspace,
    env: world.env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    all: true,
    buffer: false,
  });
  let output = '';
  let ended = false;
  child.all.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-262_144);
  });
  void child.then(() => {
    ended = true;
  });
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await child;
  });
  await eventually('the exporter to have looked', async () => {
    if (ended) throw new Error(output);
    return output.includes('msg=observed');
  });
  return { port, output: () => output };
}
