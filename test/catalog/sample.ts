import { type CatalogDocument, parseCatalogFile, type Rule, type Violation } from './document.js';
import type { CommandFlags } from './op-help.js';

export const sampleImage = 'ghcr.io/example/op:1.2.3';
export const sampleDigest = `sha256:${'a'.repeat(64)}`;
export const sampleCommands: CommandFlags = new Map([
  ['build-push', new Set(['--directory', '--timeout', '--result'])],
  ['notify', new Set(['--message'])],
]);

/** A small catalog that breaks no rule; the tests of the rules break it, one line at a time. */
const text = `# op 1.2.3, generated from tasks/build-push.ts
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: build-push
  labels: { app.kubernetes.io/version: 1.2.3 }
  annotations:
    tekton.dev/pipelines.minVersion: 1.6.0
    tekton.dev/displayName: Build and push
    tekton.dev/categories: Build
    tekton.dev/tags: image
    tekton.dev/platforms: linux/amd64
spec:
  description: Builds.
  params:
    - { name: timeout, default: 30m }
    - { name: builder, default: '${sampleImage}@${sampleDigest}' }
  results:
    - { name: IMAGE_URL }
    - { name: IMAGE_DIGEST }
    - { name: IMAGES }
    - { name: CHAINS-GIT_URL }
    - { name: CHAINS-GIT_COMMIT }
  workspaces:
    - { name: source, mountPath: /source }
    - { name: dockerconfig, readOnly: true, optional: true, mountPath: /secrets/dockerconfig }
  stepTemplate:
    securityContext:
      runAsNonRoot: true
      runAsUser: 65532
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: { drop: [ALL] }
      seccompProfile: { type: RuntimeDefault }
    volumeMounts:
      - { name: home, mountPath: /home/op }
      - { name: tmp, mountPath: /tmp }
  volumes:
    - { name: home, emptyDir: { sizeLimit: 1Gi } }
    - { name: tmp, emptyDir: { sizeLimit: 1Gi } }
    - { name: app, emptyDir: { sizeLimit: 1Gi } }
    - { name: builder-home, emptyDir: { sizeLimit: 1Gi } }
    - { name: builder-tmp, emptyDir: { sizeLimit: 1Gi } }
    - { name: no-token, emptyDir: { sizeLimit: 1Gi } }
  steps:
    - name: build
      image: ${sampleImage}@${sampleDigest}
      command: [op]
      args:
        - build-push
        - --directory=$(workspaces.source.path)
        - --timeout=$(params.timeout)
        - --result=IMAGE_URL=$(results.IMAGE_URL.path)
        - --result=IMAGE_DIGEST=$(results.IMAGE_DIGEST.path)
        - --result=IMAGES=$(results.IMAGES.path)
        - --result=CHAINS-GIT_URL=$(results.CHAINS-GIT_URL.path)
        - --result=CHAINS-GIT_COMMIT=$(results.CHAINS-GIT_COMMIT.path)
      workspaces:
        - { name: source }
        - { name: dockerconfig }
      volumeMounts:
        - { name: app, mountPath: /workspace }
  sidecars:
    - name: builder
      image: $(params.builder)
      command: [/bin/sh, -c, read -r request]
      volumeMounts:
        - { name: app, mountPath: /workspace }
        - { name: builder-home, mountPath: /home/cnb }
        - { name: builder-tmp, mountPath: /tmp }
        - { name: no-token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount }
      computeResources: { requests: { cpu: 50m, memory: 64Mi }, limits: { memory: 1Gi } }
      securityContext: { runAsNonRoot: true, runAsUser: 65532, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] }, seccompProfile: { type: RuntimeDefault } }
---
apiVersion: tekton.dev/v1
kind: Pipeline
metadata:
  name: deliver
  labels: { app.kubernetes.io/version: 1.2.3 }
  annotations:
    tekton.dev/pipelines.minVersion: 1.6.0
    tekton.dev/displayName: Deliver
    tekton.dev/categories: Build
    tekton.dev/tags: image
    tekton.dev/platforms: linux/amd64
spec:
  description: Delivers.
  params:
    - { name: patience, default: 20m }
  workspaces:
    - { name: source }
  results:
    - { name: IMAGE_URL, value: $(tasks.build.results.IMAGE_URL) }
    - { name: IMAGE_DIGEST, value: $(tasks.build.results.IMAGE_DIGEST) }
    - { name: IMAGES, value: $(tasks.build.results.IMAGES) }
    - { name: CHAINS-GIT_URL, value: $(tasks.build.results.CHAINS-GIT_URL) }
    - { name: CHAINS-GIT_COMMIT, value: $(tasks.build.results.CHAINS-GIT_COMMIT) }
  tasks:
    - name: build
      taskRef: { name: build-push }
      timeout: 25m
      params:
        - { name: timeout, value: $(params.patience) }
      workspaces:
        - { name: source, workspace: source }
  finally:
    - name: tell
      taskSpec:
        stepTemplate:
          securityContext: { runAsNonRoot: true, runAsUser: 65532, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] }, seccompProfile: { type: RuntimeDefault } }
          volumeMounts: [{ name: home, mountPath: /home/op }, { name: tmp, mountPath: /tmp }]
        volumes: [{ name: home, emptyDir: { sizeLimit: 1Gi } }, { name: tmp, emptyDir: { sizeLimit: 1Gi } }]
        steps:
          - name: tell
            image: ${sampleImage}@${sampleDigest}
            command: [op]
            args: [notify, --message=done]
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: octopipeline-deliver }
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: octopipeline-deliver }
rules:
  - { apiGroups: [''], resources: [configmaps], verbs: [get, create, patch] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: octopipeline-deliver }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: octopipeline-deliver }
subjects:
  - { kind: ServiceAccount, name: octopipeline-deliver }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: octopipeline-deliver }
spec:
  podSelector: { matchLabels: { tekton.dev/pipeline: deliver } }
`;

/** The sample catalog. */
export const sample = (): CatalogDocument[] => parseCatalogFile('build-push.yaml', text);

/**
 * What a rule says when one place of the sample is written otherwise.
 * @throws Error when the sample has no such text, so that a test cannot pass by changing nothing
 */
export function changed(rule: Rule, from: string | RegExp, to: string, file = 'build-push.yaml'): Violation[] {
  const other = text.replace(from, () => to);
  if (other === text) throw new Error(`the sample catalog has no text "${from}"`);
  return rule(parseCatalogFile(file, other));
}

/** The messages of `changed`. */
export const complaints = (rule: Rule, from: string | RegExp, to: string): string[] =>
  changed(rule, from, to).map(({ message }) => message);
