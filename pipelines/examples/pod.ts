/** The pod template that every run of the catalog needs in a namespace with Pod Security `restricted`. */
export const pod = {
  // The volume belongs to the group of the steps so that they can write to it.
  securityContext: { fsGroup: 65532, runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
  enableServiceLinks: false,
} as const;
