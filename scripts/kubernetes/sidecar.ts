/**
 * The sidecar as a kustomize component: one container, patched into the pod template of every kind of
 * workload. It sets no user: the pod's securityContext decides, so that the sidecar runs as the builder's
 * user, which the kernel requires for reading /proc/PID/environ (proc_pid_environ(5)).
 */

const image = 'godrift/godrift:0.1.0';

/** The metrics port. The PodMonitor selects it by name; the number is OpenTelemetry's own for metrics. */
const port = { name: 'godrift-metrics', containerPort: 9464 };

const fieldRef = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });

/**
 * Resource attributes from the downward API, which has no field for the container's name. `$(NAME)` expands
 * earlier variables only.
 */
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

/** The security context that the restricted standard requires, plus a read-only root file system. */
export const restricted = {
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

const healthy = { httpGet: { path: '/-/healthy', port: port.name } };

/**
 * Limit on journal lines that wait for an endpoint; smaller than the part of the journal that is always kept.
 */
const unsentLimit = '128MiB';
/**
 * Size limit of the state volume. Beyond it the pod, and its build, would be evicted, so that it exceeds what
 * godrift ever writes.
 */
const stateLimit = '512Mi';

/**
 * The volumes of godrift. An emptyDir is writable for everybody, so that the state directory lies below it.
 */
export const ownVolumes = [
  { name: 'godrift-state', emptyDir: { sizeLimit: stateLimit } },
  { name: 'godrift-tmp', emptyDir: { sizeLimit: '64Mi' } },
];
const ownMounts = [
  { name: 'godrift-state', mountPath: '/var/lib/godrift' },
  { name: 'godrift-tmp', mountPath: '/tmp' },
  { name: 'godrift-config', mountPath: '/etc/godrift', readOnly: true },
];

/** Returns the container of the exporter, used as a sidecar and on build nodes. */
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
      // Set here rather than in godrift.yml, which users replace, because it depends on the size of the
      // volume.
      { name: 'GODRIFT_JOURNAL_UNSENT_LIMIT', value: unsentLimit },
    ],
    // OTEL_EXPORTER_OTLP_ENDPOINT and similar variables, if configured.
    envFrom: [{ configMapRef: { name: 'godrift-endpoints', optional: true } }],
    ports: [port],
    // There is no startup probe, which would delay the containers after it, and no readiness probe, which
    // would count for the pod. The liveness probe only asks whether the process answers, and restarts no
    // other container.
    livenessProbe: { ...healthy, periodSeconds: 30, timeoutSeconds: 5, failureThreshold: 4 },
    resources: { requests: { cpu: '10m', memory: '96Mi' }, limits: { memory: '256Mi' } },
    securityContext: restricted,
    volumeMounts: ownMounts,
  };
}

/** The part of a pod spec that the component adds. */
export const podSpec = {
  shareProcessNamespace: true,
  initContainers: [{ ...exporterContainer(), restartPolicy: 'Always' }],
  volumes: [
    ...ownVolumes,
    { name: 'godrift-config', configMap: { name: 'godrift-sidecar', optional: true } },
  ],
};

/**
 * For clusters that forbid shared process namespaces: the sidecar sees only the volumes that it shares with
 * the builder.
 */
const volumesSpec = {
  shareProcessNamespace: null,
  initContainers: [
    {
      name: 'godrift',
      volumeMounts: [{ name: 'workspace', mountPath: '/workspace', readOnly: true }],
    },
  ],
};

/** The labels that PodMonitor and NetworkPolicy select. */
export const podLabels = { 'godrift.dev/sidecar': 'true' };

const template = (spec: object) => ({ metadata: { labels: podLabels }, spec });

/**
 * The location of the pod template in each kind of workload. Names are ignored: kustomize patches what the
 * component selects.
 */
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

/** Returns the files of both components as data, by path below deploy/kubernetes. */
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
