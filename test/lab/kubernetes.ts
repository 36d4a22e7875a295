/**
 * A real kube-apiserver with its own etcd, but without a cluster: it stores and validates objects (admission,
 * Pod Security, schemas of custom resources) and runs none. Flags:
 * kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver.
 */
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { execa } from 'execa';
import { patienceMs } from './eventually.ts';
import { withFreePorts } from './ports.ts';
import { ensureServer, launch, type RunningServer, type ServerName } from './servers.ts';
import { goOnPath, preparingEnv, type RunResult, scratch } from './toolchains.ts';

const token = 'godrift-test';

/** The minor versions that can be started, newest first. */
export const kubernetesVersions = ['1.37', '1.35'] as const;

/** An API server and its kubectl. */
export interface Kubernetes {
  /** Runs kubectl with `input` as standard input. Does not throw if kubectl fails. */
  kubectl(args: readonly string[], input?: string): Promise<RunResult>;
  stop(): Promise<void>;
}

/** Reports whether an API server, which has a self-signed certificate, is ready. */
async function isReady(url: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const headers = { Authorization: `Bearer ${token}` };
    const call = request(url, { rejectUnauthorized: false, headers, timeout: 10_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    call.on('error', () => resolve(false)).on('timeout', () => call.destroy());
    call.end();
  });
}

async function startEtcd(): Promise<RunningServer> {
  const binary = await ensureServer('etcd');
  return await withFreePorts(2, async ([client = 0, peer = 0]) => {
    const dir = scratch('etcd');
    const url = `http://127.0.0.1:${client}`;
    const args = [
      '--data-dir=data',
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      '--unsafe-no-fsync',
    ];
    return await launch({
      binary,
      args,
      cwd: dir,
      url,
      ports: { client, peer },
      readyUrls: [`${url}/health`],
    });
  });
}

async function startApiServer(binary: string, etcd: RunningServer): Promise<RunningServer> {
  return await withFreePorts(1, async ([https = 0]) => {
    const dir = scratch('kube-apiserver');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(join(dir, 'key.pem'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
    writeFileSync(join(dir, 'tokens.csv'), `${token},test,1,"system:masters"\n`);
    const url = `https://127.0.0.1:${https}`;
    const args = [
      `--etcd-servers=${etcd.url}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${https}`,
      '--cert-dir=certificates',
      '--service-account-issuer=https://kubernetes.default.svc',
      '--service-account-key-file=key.pem',
      '--service-account-signing-key-file=key.pem',
      '--token-auth-file=tokens.csv',
      '--authorization-mode=AlwaysAllow',
      // No controller creates the accounts that this plugin requires.
      '--disable-admission-plugins=ServiceAccount',
      '--service-cluster-ip-range=10.0.0.0/24',
    ];
    return await launch({
      binary,
      args,
      cwd: dir,
      url,
      ports: { https },
      readyUrls: [`${url}/readyz`],
      isReady,
    });
  });
}

/** Starts an API server of a minor version. */
export async function startKubernetes(version: (typeof kubernetesVersions)[number]): Promise<Kubernetes> {
  const name: ServerName = version === '1.37' ? 'kube-apiserver' : 'kube-apiserver-1.35';
  const [binary, kubectl] = [await ensureServer(name), await ensureServer('kubectl')];
  const etcd = await startEtcd();
  const server = await startApiServer(binary, etcd).catch(async (error: unknown) => {
    await etcd.stop();
    throw error;
  });
  const home = scratch('kubectl');
  const connection = [`--server=${server.url}`, '--insecure-skip-tls-verify', `--token=${token}`];
  return {
    kubectl: async (args, input = '') => {
      const run = await execa(kubectl, [...connection, ...args], {
        env: { HOME: home },
        extendEnv: false,
        reject: false,
        input,
        timeout: patienceMs,
      });
      return { stdout: run.stdout, stderr: run.stderr, exitCode: run.exitCode ?? -1 };
    },
    stop: async () => {
      await server.stop();
      await etcd.stop();
    },
  };
}

/** Returns the directory with the CRDs of the Prometheus Operator, from its module. */
export async function operatorCrds(): Promise<string> {
  const { stdout } = await execa(
    await goOnPath(),
    ['mod', 'download', '-json', 'github.com/prometheus-operator/prometheus-operator'],
    {
      cwd: join(import.meta.dirname, '../servers/prometheus-operator'),
      env: preparingEnv('auto'),
      extendEnv: false,
      stdin: 'ignore',
      timeout: 60 * 60_000,
    },
  );
  return join((JSON.parse(stdout) as { Dir: string }).Dir, 'example/prometheus-operator-crd');
}
