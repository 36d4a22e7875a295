/**
 * The sidecar where a runner, and no kustomization, makes the pod: one example for each, of the same container. The user is the one that the runner's
 * own image has, or that the example gives to all containers of its pod.
 */
import { stringify } from 'yaml';
import { exporterContainer, podLabels, podSpec, restricted } from './sidecar.ts';

/** Who runs what is in the pod, so that the sidecar may read the builder's environment. */
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

/** Values for the chart gha-runner-scale-set: with a whole template, the chart adds nothing of its own. */
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

/** A patch of the build pods, which only who administers the runner may set. */
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

/** Tekton ends sidecars by itself: by SIGTERM with `enable-kubernetes-sidecar`, else by exchanging their image. */
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

/** `podTemplate(yaml: …)`, or a pod template of the cloud. The agent's container jnlp comes by itself. */
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

/** Files of deploy/kubernetes/runners, as data or text. */
export function runnerFiles(): Readonly<Record<string, object | string>> {
  return {
    'runners/github-scale-set-values.yaml': github,
    'runners/gitlab-config.toml': gitlab(),
    'runners/tekton-task.yaml': tekton,
    'runners/jenkins-pod.yaml': jenkins,
  };
}
