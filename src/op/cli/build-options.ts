import type { Command } from 'commander';
import { type Engine, engines } from '../images/plan/engine.js';
import { type Destination, destinations } from '../images/settings/repositories.js';
import { choice, count, duration, flag, list, optional, repeatable } from './option.js';

/** The values of the flags that every command with a configuration takes. */
export interface SettingOptions {
  readonly defaultRepo?: string;
  readonly repo?: string;
  readonly destination: Destination;
  readonly registryFile?: string;
  readonly pushAll?: boolean;
  readonly profile: readonly string[];
  readonly namespace?: string;
  readonly insecureRegistry: readonly string[];
  readonly directory?: string;
}

/** The values of the flags that every command that builds takes. */
export interface BuildOptions extends SettingOptions {
  readonly skaffoldFile?: string;
  readonly filename?: string;
  readonly platform: readonly string[];
  readonly dockerconfig?: string;
  readonly rebuild: boolean;
  readonly timeout: number;
  readonly gitUrl?: string;
  readonly result: readonly string[];
  readonly engine: Engine | 'auto';
  readonly jobs: number;
  readonly buildkitHost?: string;
  readonly buildkitTls?: string;
  readonly builderContainer?: string;
  readonly builder?: string;
  readonly imageMirror: readonly string[];
  readonly buildCache?: string;
  readonly attest: readonly string[];
  readonly secrets?: string;
  readonly sbomOutput?: string;
}

/** The flags that say where images go, and with which profile. */
export function addSettingOptions(command: Command): Command {
  return command
    .addOption(
      optional('--directory <dir>', 'root of the repository; other relative paths start there (default: here)'),
    )
    .addOption(optional('-d, --default-repo <registry>', 'registry and path that images are named under'))
    .addOption(optional('--repo <registry>', 'the same as --default-repo'))
    .addOption(
      choice('--destination <which>', 'entries of .registry; auto is ci in CI and in pods, else local', destinations),
    )
    .addOption(optional('--registry-file <file>', 'file with registries (default: .registry)'))
    .addOption(list('-p, --profile <name>', 'profile of skaffold.yaml'))
    .addOption(optional('-n, --namespace <name>', 'Kubernetes namespace that skaffold is given'))
    .addOption(list('--insecure-registry <host>', 'registry without TLS, as HOST:PORT'));
}

/** The flags of every command that builds. */
export function addBuildOptions(command: Command): Command {
  return addSettingOptions(command)
    .addOption(optional('-f, --skaffold-file <file>', 'the file that says what to build (default: skaffold.yaml)'))
    .addOption(optional('--filename <file>', 'the same as --skaffold-file'))
    .addOption(list('--platform <os/arch>', 'platform to build for'))
    .addOption(optional('--dockerconfig <dir>', 'directory with credentials: config.json or .dockerconfigjson'))
    .addOption(flag('--rebuild', 'build also what was built before from the same source'))
    .addOption(duration('--timeout <duration>', 'how long everything may take', '45m'))
    .addOption(optional('--git-url <url>', 'URL of the source (default: the remote origin)'))
    .addOption(repeatable('--result <name=path>', 'write an output to a file'))
    .addOption(choice('--engine <engine>', 'what builds every image that it can build', ['auto', ...engines]))
    .addOption(count('--jobs <number>', 'images that are built at the same time', 4))
    .addOption(
      optional(
        '--buildkit-host <address>',
        'BuildKit for Dockerfiles, such as tcp://buildkitd:1234; also BUILDKIT_HOST',
      ),
    )
    .addOption(
      optional(
        '--buildkit-tls <dir>',
        'certificates for BuildKit: ca.crt, tls.crt, tls.key, or ca.pem, cert.pem, key.pem',
      ),
    )
    .addOption(
      optional('--builder-container <dir>', 'directory shared with a container that runs the builder of buildpacks'),
    )
    .addOption(optional('--builder <image>', 'image of that container'))
    .addOption(
      list(
        '--image-mirror <host=mirror>',
        'where base, builder and run images of a registry are taken from; also OP_IMAGE_MIRRORS',
      ),
    )
    .addOption(
      optional('--build-cache <repository>', 'registry and path where engines keep what later builds can use again'),
    )
    .addOption(
      list(
        '--attest <what>',
        'what BuildKit states about an image and pushes with it: sbom, sbom=SCANNER-IMAGE, provenance',
      ),
    )
    .addOption(optional('--secrets <dir>', 'directory whose files are the secrets of Dockerfiles, by their ids'))
    .addOption(optional('--sbom-output <dir>', 'directory for the SBOMs that buildpacks make'));
}

/** What the options say, as the work takes it. */
export const settingRequest = (options: SettingOptions) => ({
  directory: options.directory ?? '.',
  defaultRepo: options.defaultRepo ?? options.repo,
  destination: options.destination,
  registryFile: options.registryFile,
  pushAll: options.pushAll ?? false,
  profile: options.profile,
  namespace: options.namespace,
  insecureRegistry: options.insecureRegistry,
});

/** What the options say, as the work takes it. */
export const buildRequest = (options: BuildOptions) => ({
  ...settingRequest(options),
  skaffoldFile: options.skaffoldFile ?? options.filename ?? 'skaffold.yaml',
  platform: options.platform,
  dockerconfig: options.dockerconfig,
  rebuild: options.rebuild,
  timeout: options.timeout,
  gitUrl: options.gitUrl,
  result: options.result,
  engine: options.engine,
  jobs: options.jobs,
  buildkitHost: options.buildkitHost,
  buildkitTls: options.buildkitTls,
  builderContainer: options.builderContainer,
  builder: options.builder,
  imageMirror: options.imageMirror,
  buildCache: options.buildCache,
  attest: options.attest,
  secrets: options.secrets,
  sbomOutput: options.sbomOutput,
});
