import { execa } from 'execa';

/** What the demo prints, and how it runs commands. */
export interface Terminal {
  /** A line of the demo itself. */
  readonly say: (line: string) => void;
  /** What is being done that takes a while; the seconds are counted until the next call, or until `done`. */
  readonly progress: (text: string) => void;
  readonly done: () => void;
  /** Prints a command of op as a user types it, runs it, and shows its output. @throws Error when it fails, or the demo was interrupted */
  readonly op: (...args: readonly string[]) => Promise<void>;
}

/**
 * @param env the environment of commands
 * @param signal ends the command that runs
 */
export function openTerminal(opFile: string, env: () => NodeJS.ProcessEnv, signal: AbortSignal): Terminal {
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const seconds = (since: number) => `${Math.round((Date.now() - since) / 1000)} s`;
  let current: { readonly text: string; readonly since: number; readonly timer: NodeJS.Timeout } | undefined;
  const done = () => {
    if (current === undefined) return;
    clearInterval(current.timer);
    process.stdout.write(process.stdout.isTTY ? `\r\u{1b}[K${current.text}: ` : '');
    say(`${process.stdout.isTTY ? '' : 'done in '}${seconds(current.since)}`);
    current = undefined;
  };
  return {
    say,
    progress: (text) => {
      done();
      const since = Date.now();
      const tick = () => {
        if (process.stdout.isTTY) process.stdout.write(`\r\u{1b}[K${text}: ${seconds(since)}`);
        else say(`still ${text}: ${seconds(since)}`);
      };
      if (!process.stdout.isTTY) say(text);
      current = { text, since, timer: setInterval(tick, process.stdout.isTTY ? 500 : 10_000) };
    },
    done,
    op: async (...args) => {
      say(`\n$ npx op ${args.join(' ')}`);
      signal.throwIfAborted();
      // Ctrl-C reaches this process only, which then tells op once to stop: op ends its steps itself.
      const options = { env: env(), extendEnv: false, stdio: 'inherit', reject: false, detached: true } as const;
      const child = execa(process.execPath, [opFile, ...args], { ...options, cancelSignal: signal });
      const { exitCode } = await child;
      signal.throwIfAborted();
      if (exitCode !== 0) throw new Error(`op ${args[0]} ${args[1] ?? ''} ended with exit code ${exitCode}`);
    },
  };
}
