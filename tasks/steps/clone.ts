import { cloneOptions } from '../../src/op/images/git-clone/options.js';
import {
  type CommandStep,
  type RefsOf,
  type ResultPaths,
  result,
  type TaskWorkspace,
  text,
  workspace,
} from '../../src/tekton/index.js';
import { image } from './image.js';
import { optionParams } from './option-params.js';

const clone = optionParams(cloneOptions, {
  url: 'url',
  revision: 'revision',
  refspec: 'refspec',
  depth: 'depth',
  submodules: 'submodules',
  'submodule-credentials': 'submoduleCredentials',
  subdirectory: {
    option: 'subdirectory',
    default: 'source',
    description: 'Directory of the workspace to clone into; build_result.json stays next to it, outside the work tree',
  },
  'delete-existing': 'deleteExisting',
  'ssl-verify': 'sslVerify',
  'clone-timeout': 'timeout',
});

/** The params of every Task that clones. */
export const cloneParams = clone.params;

/** The results of every Task that clones. */
export const cloneResults = {
  commit: result.string({ description: 'The commit that was checked out' }),
  url: result.string({ description: 'The URL that was cloned, without credentials' }),
  'committer-date': result.string({ description: 'Committer date of that commit, in seconds since 1970' }),
};

/** The credentials that a clone may need; only the step that clones sees them. */
export const cloneWorkspaces = {
  'ssh-directory': workspace.secret({
    optional: true,
    description:
      'For ssh URLs: a kubernetes.io/ssh-auth Secret with ssh-privatekey and known_hosts, or the files of a ~/.ssh directory',
  }),
  'basic-auth': workspace.secret({
    optional: true,
    description: 'For https URLs: a kubernetes.io/basic-auth Secret, or .gitconfig and .git-credentials',
  }),
  'ssl-ca-directory': workspace.config({
    optional: true,
    description:
      'Certificates of an authority to trust in addition to the public ones: ca.crt, tls.crt or ca-bundle.crt',
  }),
};

/** The workspace with the files of a repository. It is not `/workspace`, where buildpacks expect the application. */
export const sourceWorkspace = workspace({
  mountPath: '/source',
  description: 'The repository, in a directory, with build_result.json next to it',
});

/** The results that tell Tekton Chains which source an image was built from. */
export const chainsGitResults = {
  'CHAINS-GIT_URL': result.string({ description: 'Source repository, for Tekton Chains' }),
  'CHAINS-GIT_COMMIT': result.string({ description: 'Source commit, for Tekton Chains' }),
};

interface CloneScope {
  readonly params: RefsOf<typeof cloneParams, 'task'>;
  readonly results: ResultPaths<typeof cloneResults & Partial<typeof chainsGitResults>>;
  readonly workspaces: { readonly [N in keyof typeof cloneWorkspaces | 'source']: TaskWorkspace };
}

/** The step that clones; it alone sees Git's credentials. */
export function cloneStep({ params, results, workspaces }: CloneScope): CommandStep {
  const { source } = workspaces;
  const ssh = workspaces['ssh-directory'];
  const basicAuth = workspaces['basic-auth'];
  const authorities = workspaces['ssl-ca-directory'];
  return {
    name: 'clone',
    image,
    command: ['op'],
    args: [
      'git-clone',
      ...clone.flags(params, {
        destination: source.path,
        sshDirectory: ssh.path,
        basicAuth: basicAuth.path,
        sslCaDirectory: authorities.path,
      }),
      text`--result=commit=${results.commit.path}`,
      text`--result=url=${results.url.path}`,
      text`--result=committer-date=${results['committer-date'].path}`,
      ...chainsFlags(results),
    ],
    workspaces: [source, ssh, basicAuth, authorities],
    computeResources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '1Gi' } },
  };
}

/** The flags for the results of {@link chainsGitResults}. */
export function chainsFlags(results: Partial<ResultPaths<typeof chainsGitResults>>) {
  const url = results['CHAINS-GIT_URL'];
  const commit = results['CHAINS-GIT_COMMIT'];
  return [
    ...(url === undefined ? [] : [text`--result=CHAINS-GIT_URL=${url.path}`]),
    ...(commit === undefined ? [] : [text`--result=CHAINS-GIT_COMMIT=${commit.path}`]),
  ];
}
