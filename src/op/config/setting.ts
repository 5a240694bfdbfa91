/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One value of the configuration, and where it came from: a flag, a variable, a line of a file, or the default. */
export interface Setting {
  readonly key: string;
  readonly value: string;
  /** For a person: `--default-repo`, `environment`, `pipeline.properties:3`, `.registry:2`, `default`. */
  readonly origin: string;
}

/** The keys of environment and properties files that earlier versions of op read, and what each is for. */
export const knownKeys = {
  SKAFFOLD_DEFAULT_REPO: 'registry that images are pushed to',
  SKAFFOLD_PROFILE: 'profiles of skaffold.yaml',
  SKAFFOLD_NAMESPACE: 'namespace that skaffold is given',
  SKAFFOLD_INSECURE_REGISTRY: 'registries without TLS',
  GOOGLE_GKE_IMAGE_REPOSITORY: 'registry of the environment dev',
  GOOGLE_GKE_IMAGE_PP_REPOSITORY: 'registry of the environment pp',
  GOOGLE_GKE_IMAGE_PROD_REPOSITORY: 'registry of the environment prod',
  WATCH_DESTINATION_REPOSITORY: 'registry that deployments run images from',
  PROMOTE_SOURCE_REPOSITORY: 'registry that images are promoted from',
  PROMOTE_DESTINATION_REPOSITORY: 'registry that images are promoted to',
} as const;

export type KnownKey = keyof typeof knownKeys;

/** A value for people and logs: anything that a key of that name should keep to itself is hidden. */
export function masked({ key, value }: Pick<Setting, 'key' | 'value'>): string {
  return /TOKEN|PASSW|SECRET|CREDENTIAL|PRIVATE|AUTH|API_?KEY/iu.test(key) && value !== '' ? '***' : value;
}
