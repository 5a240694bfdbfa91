/** CPU and memory of a container, as Kubernetes quantities. */
export interface StepResources {
  readonly requests?: { readonly cpu?: string; readonly memory?: string };
  readonly limits?: { readonly cpu?: string; readonly memory?: string };
}

export const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/u;
export const imageByDigest = /^[^\s@]+:[\w][\w.-]*@sha256:[0-9a-f]{64}$/u;
