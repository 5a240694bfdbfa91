import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { crane, type GoTool } from '../../image/inputs.js';
import { findTool, withTools } from '../../test/tools.js';
import { getBubblewrap } from './bubblewrap.js';
import { type Env, findGo } from './go.js';

/** What a local run of `build-push` and `promote-image` starts for the sample: not all that the octopipeline image has. */
const built: readonly GoTool[] = [crane];

const goTool = fileURLToPath(new URL('../../image/go-tool', import.meta.url));

/**
 * The environment with these tools and Git on PATH. What this machine lacks is built from Go modules, in the versions of the image, and
 * kept for the next time.
 * @param progress is told what is being done
 * @param signal ends a build
 * @throws Error that says what to install
 */
export async function getTools(
  env: NodeJS.ProcessEnv,
  progress: (text: string) => void,
  signal = new AbortController().signal,
): Promise<NodeJS.ProcessEnv> {
  const { PATH = '' } = withTools([], env);
  if (findTool('git', PATH) === undefined) throw new Error('install git: it is not on the PATH');
  await getBubblewrap(env, progress);
  const missing = built.filter(({ name }) => findTool(name, PATH) === undefined);
  if (missing.length > 0) {
    const go = await findGo(env, progress);
    if (go === undefined) {
      const names = missing.map(({ name }) => name).join(' and ');
      throw new Error(
        `install ${names}, or Go 1.21 or newer to build them: neither is here, and no Go could be fetched`,
      );
    }
    for (const tool of missing) {
      progress(`building ${tool.name} ${tool.version} from Go modules, once`);
      await build(tool, go, signal);
    }
  }
  return withTools(['git', ...built.map(({ name }) => name)], env);
}

async function build({ name, module, version, package: command, ldflags }: GoTool, env: Env, signal: AbortSignal) {
  const args = [`${module}@${version}`, command, ldflags, name];
  const building = execa(goTool, args, { env, extendEnv: false, reject: false, detached: true });
  // The compilers that Go has started, too.
  const stop = () => void (building.pid !== undefined && process.kill(-building.pid, 'SIGTERM'));
  signal.addEventListener('abort', stop, { once: true });
  const { exitCode, stderr } = await building;
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (exitCode === 0) return;
  const why = stderr.trim().split('\n').at(-1) || 'its module cannot be downloaded';
  throw new Error(`building ${name} failed: ${why}\ninstall ${name}, or try again with a network`);
}
