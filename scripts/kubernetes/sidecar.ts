/**
 * The sidecar as a kustomize component: one container, put into every place where a workload keeps its pod. It says nothing of its user: the pod's
 * securityContext decides, so that it runs as the builder does, which is what the kernel asks of whoever reads /proc (proc_pid_environ(5)).
 */

const image = 'godrift/godrift:0.1.0';

/** Ports of a pod share one namespace: the name is what the PodMonitor looks for, the number is OpenTelemetry's own for metrics. */
const port = { name: 'godrift-metrics', containerPort: 9464 };

const fieldRef = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });

/** Only earlier variables are seen by $(NAME). `container.name` has no field of its own in the downward API. */
const podVariables = [
  fieldRef('POD_NAME', 'metadata.name'),
  fieldRef('POD_NAMESPACE', 'metadata.namespace'),
  fieldRef('POD_UID', 'metadata.uid'),
  fieldRef('NODE_NAME', 'spec.nodeName'),
  {
    name: 'OTEL_RESOURCE_ATTRIBUTES',
    value: [
      'k8s.pod.name=$(POD_NAME)',
      'k8s.namespace.name=$(POD_NAMESPACE)',
      'k8s.pod.uid=$(POD_UID)',
      'k8s.node.name=$(NODE_NAME)',
      'k8s.container.name=godrift',
      'service.instance.id=$(POD_NAMESPACE).$(POD_NAME).godrift',
    ].join(','),
  },
];

/** What the restricted standard asks of a container, and no writable root beside it. */
export const restricted = {
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

const healthy = { httpGet: { path: '/-/healthy', port: port.name } };

/** Of the journal what waits for an endpoint may stay; less than what is kept of it in any case. */
const unsentLimit = '128MiB';
/** Beyond it the pod would be evicted, the build included: more than the journal and all else grow to. */
const stateLimit = '512Mi';

/** Volumes of godrift's own. Whoever owns an emptyDir lets everybody write into it, so the state is a directory below. */
export const ownVolumes = [
  { name: 'godrift-state', emptyDir: { sizeLimit: stateLimit } },
  { name: 'godrift-tmp', emptyDir: { sizeLimit: '64Mi' } },
];
const ownMounts = [
  { name: 'godrift-state', mountPath: '/var/lib/godrift' },
  { name: 'godrift-tmp', mountPath: '/tmp' },
  { name: 'godrift-config', mountPath: '/etc/godrift', readOnly: true },
];

/** The exporter in a pod, as a sidecar and on build nodes. */
export function exporterContainer(variables: readonly object[] = podVariables) {
  return {
    name: 'godrift',
    image,
    args: ['serve', '--web.listen-address=:9464'],
    env: [
      ...variables,
      { name: 'HOME', value: '/tmp' },
      { name: 'GODRIFT_CONFIG_FILE', value: '/etc/godrift/godrift.yml' },
      { name: 'GODRIFT_STATE_DIRECTORY', value: '/var/lib/godrift/state' },
      // Not in godrift.yml, which people replace: it belongs to the size of the volume.
      { name: 'GODRIFT_JOURNAL_UNSENT_LIMIT', value: unsentLimit },
    ],
    // OTEL_EXPORTER_OTLP_ENDPOINT and its like, where there are such.
    envFrom: [{ configMapRef: { name: 'godrift-endpoints', optional: true } }],
    ports: [port],
    // No startup probe, which would hold back the containers after it, and no readiness probe, which would count for the pod. This one asks
    // nothing but whether the process answers, and restarts nobody else.
    livenessProbe: { ...healthy, periodSeconds: 30, timeoutSeconds: 5, failureThreshold: 4 },
    resources: { requests: { cpu: '10m', memory: '96Mi' }, limits: { memory: '256Mi' } },
    securityContext: restricted,
    volumeMounts: ownMounts,
  };
}

/** What the component adds to a pod. */
export const podSpec = {
  shareProcessNamespace: true,
  initContainers: [{ ...exporterContainer(), restartPolicy: 'Always' }],
  volumes: [
    ...ownVolumes,
    { name: 'godrift-config', configMap: { name: 'godrift-sidecar', optional: true } },
  ],
};

/** For clusters that forbid shared process namespaces: what the builder and the sidecar both mount is all that is seen. */
const volumesSpec = {
  shareProcessNamespace: null,
  initContainers: [
    {
      name: 'godrift',
      volumeMounts: [{ name: 'workspace', mountPath: '/workspace', readOnly: true }],
    },
  ],
};

/** What PodMonitor and NetworkPolicy select. */
export const podLabels = { 'godrift.dev/sidecar': 'true' };

const template = (spec: object) => ({ metadata: { labels: podLabels }, spec });

/** Where each kind has its pod. The names are ignored: kustomize patches what the component selects. */
function patches(spec: object): Readonly<Record<string, object>> {
  const metadata = { name: 'ignored' };
  return {
    'pod.yaml': { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, labels: podLabels }, spec },
    'template.yaml': {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { template: template(spec) },
    },
    'cronjob.yaml': {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata,
      spec: { jobTemplate: { spec: { template: template(spec) } } },
    },
  };
}

const kinds = {
  Pod: 'pod.yaml',
  Deployment: 'template.yaml',
  StatefulSet: 'template.yaml',
  DaemonSet: 'template.yaml',
  Job: 'template.yaml',
  CronJob: 'cronjob.yaml',
};

function component(more: object): object {
  return {
    apiVersion: 'kustomize.config.k8s.io/v1alpha1',
    kind: 'Component',
    ...more,
    patches: Object.entries(kinds).map(([kind, path]) => ({
      path,
      target: { kind, labelSelector: 'godrift.dev/inject=true' },
    })),
  };
}

/** Files of both components, as data, by their path below deploy/kubernetes. */
export function sidecarFiles(): Readonly<Record<string, object>> {
  const below = (folder: string, files: Readonly<Record<string, object>>) =>
    Object.entries(files).map(([name, file]) => [`${folder}/${name}`, file]);
  return Object.fromEntries([
    ...below('godrift-sidecar', {
      'kustomization.yaml': component({
        configMapGenerator: [{ name: 'godrift-sidecar', files: ['godrift.yml'] }],
      }),
      ...patches(podSpec),
    }),
    ...below('godrift-sidecar-volumes', {
      'kustomization.yaml': component({
        configMapGenerator: [{ name: 'godrift-sidecar', behavior: 'replace', files: ['godrift.yml'] }],
      }),
      ...patches(volumesSpec),
    }),
  ]);
}
