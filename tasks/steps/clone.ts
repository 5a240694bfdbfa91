import {
  type CommandStep,
  flag,
  param,
  type RefsOf,
  type ResultPaths,
  result,
  type TaskWorkspace,
  text,
  workspace,
} from '../../src/tekton/index.js';
import { image } from './image.js';

const yesOrNo = ['true', 'false'] as const;

/** What a Task that clones takes. */
export const cloneParams = {
  url: param.string({ description: 'Repository to clone: https, http, ssh or git URL, or user@host:path' }),
  revision: param.string({
    default: '',
    description: 'Branch, tag, commit or ref such as refs/pull/1/head; the default branch when empty',
  }),
  refspec: param.string({ default: '', description: 'Refspec to fetch before the revision is checked out' }),
  depth: param.string({ default: '1', description: 'Commits of history to fetch; 0 for all of it' }),
  submodules: param.oneOf(yesOrNo, { default: 'true', description: 'Whether to check out submodules' }),
  subdirectory: param.string({
    default: 'source',
    description: 'Directory of the workspace to clone into; build_result.json stays beside it, outside the work tree',
  }),
  'delete-existing': param.oneOf(yesOrNo, {
    default: 'true',
    description: 'Whether to empty the directory when it holds something else',
  }),
  'ssl-verify': param.oneOf(yesOrNo, { default: 'true', description: "Whether to check the server's certificate" }),
  'clone-timeout': param.duration({ default: '10m', description: 'How long the clone may take' }),
};

/** What a Task that clones gives. */
export const cloneResults = {
  commit: result.string({ description: 'The commit that was checked out' }),
  url: result.string({ description: 'The URL that was cloned, without credentials' }),
  'committer-date': result.string({ description: 'When that commit was made, in seconds since 1970' }),
};

/** Where the clone goes, and the credentials it may need; only the step that clones sees them. */
export const cloneWorkspaces = {
  'ssh-directory': workspace.secret({
    optional: true,
    description:
      'For ssh URLs: a kubernetes.io/ssh-auth Secret with ssh-privatekey and known_hosts, or the files of a ~/.ssh',
  }),
  'basic-auth': workspace.secret({
    optional: true,
    description: 'For https URLs: a kubernetes.io/basic-auth Secret, or .gitconfig and .git-credentials',
  }),
  'ssl-ca-directory': workspace.config({
    optional: true,
    description: 'Certificates of an authority to trust beside the public ones: ca.crt, tls.crt or ca-bundle.crt',
  }),
};

/** Where the files of a repository are, for every Task that has them. `/workspace` is where buildpacks expect the application. */
export const sourceWorkspace = workspace({
  mountPath: '/source',
  description: 'The repository, in its own directory, with build_result.json beside it',
});

/** What Tekton Chains reads to know which source an image came from. */
export const chainsGitResults = {
  'CHAINS-GIT_URL': result.string({ description: 'Repository, as Tekton Chains reads it' }),
  'CHAINS-GIT_COMMIT': result.string({ description: 'Commit, as Tekton Chains reads it' }),
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
      flag('url', params.url),
      flag('revision', params.revision),
      flag('refspec', params.refspec),
      flag('depth', params.depth),
      flag('submodules', params.submodules),
      flag('destination', source.path),
      flag('subdirectory', params.subdirectory),
      flag('delete-existing', params['delete-existing']),
      flag('ssl-verify', params['ssl-verify']),
      flag('ssh-directory', ssh.path),
      flag('basic-auth', basicAuth.path),
      flag('ssl-ca-directory', authorities.path),
      flag('timeout', params['clone-timeout']),
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
