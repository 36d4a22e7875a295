/**
 * Examples of the sidecar for CI runners that create their pods themselves, one for each runner, all with the
 * same container. The user is that of the runner's image, or the one that the example sets for all containers
 * of the pod.
 */
import { stringify } from 'yaml';
import { exporterContainer, podLabels, podSpec, restricted } from './sidecar.ts';

/** The common user of a pod, so that the sidecar may read the builder's environment. */
const podUser = (id: number) => ({
  runAsNonRoot: true,
  runAsUser: id,
  runAsGroup: id,
  fsGroup: id,
  seccompProfile: { type: 'RuntimeDefault' },
});

const builderSecurity = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const goImage = 'golang:1.27.4';

const workspaceMount = { name: 'workspace', mountPath: '/workspace' };
const workspaceVolume = { name: 'workspace', emptyDir: {} };

/** Values for the chart gha-runner-scale-set. With a complete template the chart adds nothing of its own. */
const github = {
  template: {
    metadata: { labels: podLabels },
    spec: {
      ...podSpec,
      securityContext: podUser(1001),
      terminationGracePeriodSeconds: 30,
      containers: [
        {
          name: 'runner',
          image: 'ghcr.io/actions/actions-runner:2.335.0',
          command: ['/home/runner/run.sh'],
          securityContext: builderSecurity,
        },
      ],
    },
  },
};

/** A patch of the build pods, which only an administrator of the runner may set. */
function gitlab(): string {
  const patch = stringify(
    { ...podSpec, securityContext: podUser(1001) },
    { aliasDuplicateObjects: false, lineWidth: 0 },
  );
  return `# Needs the feature flag for patches of pods. The image of a job must run as 1001, or the numbers below be its own.
[[runners]]
  executor = "kubernetes"
  [runners.feature_flags]
    FF_USE_ADVANCED_POD_SPEC_CONFIGURATION = true
  [runners.kubernetes]
    [runners.kubernetes.pod_labels]
      "godrift.dev/sidecar" = "true"
    [[runners.kubernetes.pod_spec]]
      name = "godrift"
      patch_type = "strategic"
      patch = '''
${patch}'''
`;
}

/**
 * Tekton ends sidecars itself: by SIGTERM with `enable-kubernetes-sidecar`, else by replacing their image.
 */
const tekton = {
  apiVersion: 'tekton.dev/v1',
  kind: 'Task',
  metadata: { name: 'go-build', labels: podLabels },
  spec: {
    sidecars: [exporterContainer()],
    volumes: [...podSpec.volumes, workspaceVolume],
    steps: [
      {
        name: 'build',
        image: goImage,
        workingDir: '/workspace',
        script: '#!/bin/sh\nset -e\ngo build ./...\n',
        securityContext: { ...restricted, readOnlyRootFilesystem: false },
        volumeMounts: [workspaceMount],
      },
    ],
  },
};

/**
 * For `podTemplate(yaml: …)` or a pod template of the cloud. Jenkins adds the agent's container `jnlp`
 * itself.
 */
const jenkins = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'go-build', labels: podLabels },
  spec: {
    ...podSpec,
    securityContext: podUser(1000),
    containers: [
      {
        name: 'go',
        image: goImage,
        command: ['sleep', '86400'],
        securityContext: builderSecurity,
        volumeMounts: [workspaceMount],
      },
    ],
    volumes: [...podSpec.volumes, workspaceVolume],
  },
};

/** Returns the files of deploy/kubernetes/runners as data or text, by path. */
export function runnerFiles(): Readonly<Record<string, object | string>> {
  return {
    'runners/github-scale-set-values.yaml': github,
    'runners/gitlab-config.toml': gitlab(),
    'runners/tekton-task.yaml': tekton,
    'runners/jenkins-pod.yaml': jenkins,
  };
}
