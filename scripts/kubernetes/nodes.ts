/**
 * A DaemonSet with an exporter on each build node, for the volumes that build pods share there: toolchains,
 * sources and caches on claims. It uses neither hostPath nor hostPID, which the restricted standard forbids;
 * the host's own files are observed by an exporter on the host (docs/deployment.md).
 */
import { exporterContainer, ownVolumes, podLabels } from './sidecar.ts';

const labels = { 'app.kubernetes.io/name': 'godrift', 'app.kubernetes.io/component': 'node' };

const claims = [
  { name: 'toolchain', claimName: 'go-toolchain', mountPath: '/opt/go' },
  { name: 'workspace', claimName: 'build-workspace', mountPath: '/src' },
  { name: 'cache', claimName: 'build-cache', mountPath: '/cache' },
];

function nodeContainer() {
  const container = exporterContainer();
  return {
    ...container,
    // The variables of the build pods.
    env: [
      ...container.env,
      { name: 'PATH', value: '/opt/go/bin:/usr/local/bin:/usr/bin:/bin' },
      { name: 'GOCACHE', value: '/cache/go-build' },
      { name: 'GOMODCACHE', value: '/cache/mod' },
    ],
    volumeMounts: [
      ...container.volumeMounts,
      ...claims.map(({ name, mountPath }) => ({ name, mountPath, readOnly: true })),
    ],
  };
}

const daemonSet = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'godrift', labels },
  spec: {
    selector: { matchLabels: labels },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
    template: {
      metadata: { labels: { ...labels, ...podLabels } },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 10,
        nodeSelector: { 'godrift.dev/builds': 'true' },
        // The user of the build pods, so that the exporter can read what they can.
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 1001,
          runAsGroup: 1001,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [nodeContainer()],
        volumes: [
          ...ownVolumes,
          { name: 'godrift-config', configMap: { name: 'godrift-node' } },
          ...claims.map(({ name, claimName }) => ({
            name,
            persistentVolumeClaim: { claimName, readOnly: true },
          })),
        ],
      },
    },
  },
};

/** Returns the files of deploy/kubernetes/build-nodes as data, by path. */
export function nodeFiles(): Readonly<Record<string, object>> {
  return {
    'build-nodes/kustomization.yaml': {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: ['daemonset.yaml'],
      configMapGenerator: [{ name: 'godrift-node', files: ['godrift.yml'] }],
    },
    'build-nodes/daemonset.yaml': daemonSet,
  };
}
