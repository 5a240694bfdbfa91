import { version } from '../version.js';

/** These flags need none of op's code; everything else is loaded on demand. */
const asksVersion = (argv: readonly string[]) => argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V');

async function main(argv: readonly string[]): Promise<void> {
  if (asksVersion(argv)) {
    process.stdout.write(`op version ${version}\n`);
    return;
  }
  const { runProgram } = await import('./cli/run-program.js');
  // Only what Node itself has compiled can import modules of users: the rest is text that is compiled when it is needed.
  process.exitCode = await runProgram(argv, (url) => import(url));
}

void main(process.argv.slice(2));
