import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** What Tekton's admission webhook, as installed by default, says about one YAML document. */
export interface Verdict {
  /** The file it stands in; `-` for text handed over. */
  readonly file: string;
  /** Which document of the file, from 0. */
  readonly index: number;
  readonly kind: string;
  readonly name: string;
  readonly ok: boolean;
  /** Tekton's own messages with field paths; empty when ok. */
  readonly errors: readonly string[];
}

const source = fileURLToPath(new URL('./validator/', import.meta.url));

/**
 * Asks Tekton's own code (module github.com/tektoncd/pipeline, `SetDefaults` + `Validate`, strict decoding) about YAML.
 *
 * @param yaml YAML text of any number of documents, or a list of files and directories.
 * @returns one verdict per Tekton document, in order; objects of other API groups are passed over.
 * @example await validateWithTekton(['dist'])
 */
export async function validateWithTekton(yaml: string | readonly string[]): Promise<Verdict[]> {
  const validator = await buildValidator();
  const { stdout } =
    typeof yaml === 'string'
      ? await execa(validator, ['-'], { input: yaml })
      : await execa(validator, [...yaml], { stdin: 'ignore' });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Verdict);
}

/** A question to one of Tekton's own functions: `do` says which, the rest is what it is given (validator/ask.go). */
export type Question = { readonly do: string } & Readonly<Record<string, unknown>>;

/** What Tekton's own function returned, or the error that it ended with. */
export interface Answer {
  readonly answer?: unknown;
  readonly error?: string;
}

/** Answers in the order of the questions. */
export async function askTekton(questions: readonly Question[]): Promise<Answer[]> {
  const input = questions.map((question) => JSON.stringify(question)).join('\n');
  const { stdout } = await execa(await buildValidator(), ['--ask'], { input });
  return stdout.split('\n').map((line) => JSON.parse(line) as Answer);
}

/** Why this machine cannot ask Tekton, as one sentence, or undefined when it can. */
export async function whyNot(): Promise<string | undefined> {
  const found = await execa('go', ['version'], { reject: false, stdin: 'ignore' });
  return found.exitCode === 0 ? undefined : 'the Go toolchain is not installed (Debian: apt-get install golang-go)';
}

/** The validator's path. It is built when it is not there (a minute with an empty Go build cache, see global-setup.ts) and kept by the hash of its source. */
export async function buildValidator(): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'octopipeline', 'parity');
  const binary = join(cache, await hashOfSource());
  if (await exists(binary)) return binary;
  process.stdout.write("building the program that asks Tekton's own code ...\n");
  await mkdir(cache, { recursive: true });
  const unfinished = `${binary}.${process.pid}`;
  try {
    await execa('go', ['build', '-mod=readonly', '-trimpath', '-ldflags=-s -w', '-o', unfinished, '.'], {
      cwd: source,
      env: { CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' },
      stdin: 'ignore',
    });
    await rename(unfinished, binary);
  } finally {
    await rm(unfinished, { force: true });
  }
  return binary;
}

async function hashOfSource(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(source)).sort()) {
    hash.update(`${name}\0`).update(await readFile(join(source, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
