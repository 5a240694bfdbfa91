/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>;

/** One value of the configuration, and where it came from: a flag, a variable, a line of a file, or the default. */
export interface Setting {
  readonly key: string;
  readonly value: string;
  /** For people: `--default-repo`, `environment`, `pipeline.properties:3`, `.registry:2`, `default`. */
  readonly origin: string;
}

/** The keys that op reads in the environment and in properties files. */
export const knownKeys = [
  'SKAFFOLD_DEFAULT_REPO',
  'SKAFFOLD_PROFILE',
  'SKAFFOLD_NAMESPACE',
  'SKAFFOLD_INSECURE_REGISTRY',
  'BUILDKIT_HOST',
  'OP_IMAGE_MIRRORS',
  'OP_STORE',
  'GOOGLE_GKE_IMAGE_REPOSITORY',
  'GOOGLE_GKE_IMAGE_PP_REPOSITORY',
  'GOOGLE_GKE_IMAGE_PROD_REPOSITORY',
  'WATCH_DESTINATION_REPOSITORY',
  'PROMOTE_SOURCE_REPOSITORY',
  'PROMOTE_DESTINATION_REPOSITORY',
] as const;

export type KnownKey = (typeof knownKeys)[number];

const secretWords =
  /TOKEN|PASS|PWD|SECRET|CREDENTIAL|PRIVATE|AUTH|KEY|JWT|DSN|COOKIE|SESSION|CERT|WEBHOOK|BEARER|CONNECTION_?STR|(?:^|_)(?:PAT|SAS)(?:_|$)/iu;
/** Where programs log in: the address has a user and a password. */
const addressOfServer = /(?:DATABASE|DB|POSTGRES(?:QL)?|PG|MYSQL|MONGO(?:DB)?|REDIS|AMQP|BROKER|SMTP)_(?:URL|URI)$/iu;

/** Whether a key of that name should keep its value to itself. */
export const namesSecret = (key: string): boolean => secretWords.test(key) || addressOfServer.test(key);

/** A value for people and logs: those of keys that name a secret are hidden. */
export const masked = ({ key, value }: Pick<Setting, 'key' | 'value'>): string =>
  namesSecret(key) && value !== '' ? '***' : value;
