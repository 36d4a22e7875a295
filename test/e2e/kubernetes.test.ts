/**
 * deploy/kubernetes against a real kube-apiserver: everything is applied to a namespace that enforces the Pod
 * Security Standard "restricted", with the schemas of the Prometheus Operator. Each run uses the newest minor
 * version; GODRIFT_TEST_KUBERNETES=all adds the older one.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type Kubernetes, kubernetesVersions, operatorCrds, startKubernetes } from '../lab/kubernetes.ts';
import { scratch } from '../lab/toolchains.ts';

const deploy = join(import.meta.dirname, '../../deploy/kubernetes');
const all = process.env['GODRIFT_TEST_KUBERNETES'] === 'all';
const versions = all ? kubernetesVersions : kubernetesVersions.slice(0, 1);

const namespace = `apiVersion: v1
kind: Namespace
metadata:
  name: builds
  labels:
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/enforce-version: latest
    pod-security.kubernetes.io/warn: restricted
`;

const read = (file: string) => readFileSync(join(deploy, file), 'utf8');

/** A typical pod of a user, with all settings that "restricted" requires. */
const podSpec = (more: object = {}) => ({
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 1001,
    runAsGroup: 1001,
    seccompProfile: { type: 'RuntimeDefault' },
  },
  containers: [
    {
      name: 'build',
      image: 'golang:1.27.4',
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      volumeMounts: [{ name: 'workspace', mountPath: '/workspace' }],
    },
  ],
  volumes: [{ name: 'workspace', emptyDir: {} }],
  ...more,
});

const fetching = {
  initContainers: [
    {
      name: 'fetch',
      image: 'golang:1.27.4',
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    },
  ],
};

/** A workload of a kind around a pod. */
function workload(kind: string, name: string, spec: object): object {
  const metadata = { name, labels: { 'godrift.dev/inject': 'true' } };
  const template = { metadata: { labels: { app: name } }, spec };
  const selector = { matchLabels: { app: name } };
  switch (kind) {
    case 'Pod':
      return { apiVersion: 'v1', kind, metadata, spec };
    case 'Job':
      return {
        apiVersion: 'batch/v1',
        kind,
        metadata,
        spec: { template: { ...template, spec: { ...spec, restartPolicy: 'Never' } } },
      };
    case 'CronJob': {
      const job = { template: { ...template, spec: { ...spec, restartPolicy: 'Never' } } };
      return {
        apiVersion: 'batch/v1',
        kind,
        metadata,
        spec: { schedule: '0 6 * * *', jobTemplate: { spec: job } },
      };
    }
    default: {
      const more = kind === 'StatefulSet' ? { serviceName: name } : {};
      return { apiVersion: 'apps/v1', kind, metadata, spec: { selector, template, ...more } };
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: manifests are read as trees, and their shape is what is tested.
type Manifest = any;

const kinds = ['Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'];
const podOf = ({ kind, spec }: Manifest): Manifest =>
  kind === 'Pod' ? spec : kind === 'CronJob' ? spec.jobTemplate.spec.template.spec : spec.template.spec;

describe.each(versions)('deploy/kubernetes on Kubernetes %s', (version) => {
  let kubernetes: Kubernetes;
  const apply = async (args: readonly string[], input?: string) =>
    await kubernetes.kubectl(['apply', '--server-side', '-n', 'builds', '-o', 'yaml', ...args], input);
  const applied = async (args: readonly string[], input?: string): Promise<readonly Manifest[]> => {
    const run = await apply(args, input);
    // For a Deployment, "restricted" only warns about pods that it would refuse.
    expect([run.exitCode, run.stderr]).toEqual([0, '']);
    const document = parse(run.stdout);
    return document.kind === 'List' ? document.items : [document];
  };

  beforeAll(async () => {
    kubernetes = await startKubernetes(version);
    const asked = await kubernetes.kubectl(['version', '-o', 'yaml']);
    expect(parse(asked.stdout).serverVersion).toMatchObject({
      gitVersion: expect.stringContaining(`v${version}.`),
    });
    const crds = await kubernetes.kubectl(['apply', '--server-side', '-f', await operatorCrds()]);
    expect(crds.exitCode, crds.stderr).toBe(0);
    const wait = ['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all'];
    expect((await kubernetes.kubectl(wait)).exitCode).toBe(0);
    expect((await kubernetes.kubectl(['apply', '-f', '-'], namespace)).exitCode).toBe(0);
  });
  afterAll(async () => await kubernetes?.stop());

  it('takes rules, routes, PodMonitor, build nodes, patrol and the pods of all runners', async () => {
    const monitoring = await applied(['-k', join(deploy, 'monitoring')]);
    expect(monitoring.map(({ kind }) => kind).sort()).toEqual([
      'AlertmanagerConfig',
      'ConfigMap',
      'PodMonitor',
      ...Array(4).fill('PrometheusRule'),
    ]);
    await applied(['-k', join(deploy, 'build-nodes')]);
    await applied(['-f', join(deploy, 'patrol-cronjob.yaml')]);
    await applied(['-f', join(deploy, 'runners/jenkins-pod.yaml')]);
    const github = parse(read('runners/github-scale-set-values.yaml')).template.spec;
    const [, patch = ''] = /patch = '''\n([\s\S]*)'''/.exec(read('runners/gitlab-config.toml')) ?? [];
    const { steps, sidecars, volumes } = parse(read('runners/tekton-task.yaml')).spec;
    const { securityContext } = podSpec();
    const pods = {
      github,
      gitlab: {
        ...parse(patch),
        containers: podSpec().containers.map((one) => ({ ...one, volumeMounts: [] })),
      },
      tekton: {
        securityContext,
        volumes,
        containers: [...sidecars, ...steps.map(({ script: _, ...step }: Manifest) => step)],
      },
    };
    for (const [name, spec] of Object.entries(pods))
      await applied(['-f', '-'], stringify(workload('Pod', name, spec)));
  });

  describe.each(['godrift-sidecar', 'godrift-sidecar-volumes'])('the component, up to %s', (last) => {
    it('adds the sidecar as first init container to every kind of workload', async () => {
      const folder = scratch('overlay');
      mkdirSync(folder, { recursive: true });
      const workloads = kinds.flatMap((kind) => [
        workload(kind, `${last}-plain-${kind.toLowerCase()}`, podSpec()),
        workload(kind, `${last}-init-${kind.toLowerCase()}`, podSpec(fetching)),
      ]);
      writeFileSync(join(folder, 'workloads.yaml'), workloads.map((one) => stringify(one)).join('---\n'));
      const components = ['godrift-sidecar', ...(last === 'godrift-sidecar' ? [] : [last])];
      const kustomization = {
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        resources: ['workloads.yaml'],
        components: components.map((name) => relative(folder, join(deploy, name))),
      };
      writeFileSync(join(folder, 'kustomization.yaml'), stringify(kustomization));
      const items = await applied(['-k', folder]);
      expect(items).toHaveLength(2 * kinds.length + 1);
      const config = items.find(({ kind }) => kind === 'ConfigMap').metadata.name;
      for (const item of items.filter(({ kind }) => kind !== 'ConfigMap')) {
        const { initContainers, shareProcessNamespace, volumes, securityContext } = podOf(item);
        const [sidecar, ...others] = initContainers;
        expect(sidecar).toMatchObject({ name: 'godrift', restartPolicy: 'Always' });
        expect(sidecar.startupProbe ?? sidecar.readinessProbe).toBeUndefined();
        // The sidecar runs as the user of the builder, which the pod sets.
        expect(sidecar.securityContext.runAsUser).toBeUndefined();
        expect(securityContext.runAsUser).toBe(1001);
        expect(others.map(({ name }: Manifest) => name)).toEqual(
          item.metadata.name.includes('-init-') ? ['fetch'] : [],
        );
        expect(shareProcessNamespace).toBe(last === 'godrift-sidecar' ? true : undefined);
        expect(volumes.find(({ name }: Manifest) => name === 'godrift-config').configMap.name).toBe(config);
      }
    });
  });

  it('replaces the configuration of the sidecar by that of a later component, as docs/kubernetes.md shows', async () => {
    const folder = scratch('replaced');
    const page = readFileSync(join(deploy, '../../docs/kubernetes.md'), 'utf8');
    const [, component = ''] = /```yaml\n# what\/kustomization.yaml.*\n([\s\S]*?)```/.exec(page) ?? [];
    mkdirSync(join(folder, 'what'), { recursive: true });
    writeFileSync(join(folder, 'what/kustomization.yaml'), component);
    writeFileSync(join(folder, 'what/godrift.yml'), 'interval: 7s\n');
    writeFileSync(join(folder, 'build.yaml'), stringify(workload('Job', 'replaced', podSpec())));
    const kustomization = {
      resources: ['build.yaml'],
      components: [relative(folder, join(deploy, 'godrift-sidecar')), 'what'],
    };
    writeFileSync(join(folder, 'kustomization.yaml'), stringify(kustomization));
    const items = await applied(['-k', folder]);
    const config = items.find(({ kind }) => kind === 'ConfigMap');
    expect(config.data).toEqual({ 'godrift.yml': 'interval: 7s\n' });
    const { volumes } = podOf(items.find(({ kind }) => kind === 'Job'));
    expect(volumes.find(({ name }: Manifest) => name === 'godrift-config').configMap.name).toBe(
      config.metadata.name,
    );
  });

  it.each([
    [
      'a field that does not exist',
      'monitoring/podmonitor.yaml',
      'podMetricsEndpoints',
      'podMetricEndpoints',
      'podMetricEndpoints: field not declared',
    ],
    ['an invalid interval', 'monitoring/podmonitor.yaml', 'interval: 5s', 'interval: 5 s', 'interval'],
    ['a rule without an expression', 'monitoring/godrift-recording.yaml', 'expr:', 'expression:', 'expr'],
    [
      'a matcher of an unknown kind',
      'monitoring/alertmanagerconfig.yaml',
      'name: alertname\n          matchType: =\n',
      'name: alertname\n          matchType: "~"\n',
      'matchType',
    ],
    [
      'a misspelt restartPolicy',
      'runners/jenkins-pod.yaml',
      'restartPolicy: Always',
      'restartPolcy: Always',
      'restartPolcy',
    ],
    [
      'an added capability',
      'runners/jenkins-pod.yaml',
      'drop:',
      'add: [SYS_PTRACE]\n          drop:',
      'PodSecurity|restricted|forbidden',
    ],
    [
      'a pod that shares the processes of the host',
      'runners/jenkins-pod.yaml',
      'shareProcessNamespace',
      'hostPID: true # ',
      'violates PodSecurity .*host namespaces',
    ],
  ])('refuses %s', async (_, file, from, to, why) => {
    const text = read(file).replace('name: go-build', 'name: broken');
    const broken = text.replace(from, to);
    expect(broken).not.toBe(text);
    const run = await apply(['-f', '-'], broken);
    expect(run.exitCode).not.toBe(0);
    expect(run.stderr).toMatch(new RegExp(why));
  });
});
