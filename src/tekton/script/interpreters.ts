/** What a program does with a word: reads it as code, or runs the file that it names. */
export type Use = 'code' | 'file';

/** How a program uses the words after its name. */
export interface Uses {
  /** By index in the command line. */
  readonly words: ReadonlyMap<number, Use>;
  /** Whether its standard input is code. */
  readonly input: boolean;
  /** The program, as messages name it. */
  readonly program: string;
  /** Whether its code is a shell script. */
  readonly shell: boolean;
}

/** Programs that run the program after them. */
const wrappers = new Set(
  'env sudo doas exec command builtin nice nohup timeout xargs setsid stdbuf busybox chroot gosu setpriv find flock'.split(
    ' ',
  ),
);
/** Words that only a shell runs, at the start of a command. */
const builtins = new Set(['.', 'source', 'eval', 'trap']);
const shells = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh']);

type Reader = (args: readonly string[]) => {
  readonly uses: readonly (readonly [number, Use])[];
  readonly input?: boolean;
};

/** The word after an option that matches, and an option with its code attached; else the first operand is a file, or the input is code. */
function language(option: RegExp, attached?: RegExp): Reader {
  return (args) => {
    const uses: (readonly [number, Use])[] = args.flatMap((arg, index) => {
      if (option.test(arg)) return [[index + 1, 'code'] as const];
      return attached?.test(arg) === true ? [[index, 'code'] as const] : [];
    });
    if (uses.length > 0) return { uses };
    const file = args.findIndex((arg) => !arg.startsWith('-') || arg === '-');
    return file === -1 || args[file] === '-' ? { uses: [], input: true } : { uses: [[file, 'file']] };
  };
}

/** The first operand, unless options give the code; `withValue` are the options that take a word. */
function expression(withValue: RegExp, code: RegExp, attached?: RegExp): Reader {
  return (args) => {
    const uses: (readonly [number, Use])[] = [];
    let index = 0;
    while (index < args.length) {
      const arg = args[index] ?? '';
      const file = /^(?:-f|--file|--from-file)$/.test(arg);
      if (code.test(arg) || file) uses.push([index + 1, file ? 'file' : 'code']);
      else if (attached?.test(arg) === true) uses.push([index, 'code']);
      else if (!withValue.test(arg) && (!arg.startsWith('-') || arg === '-')) break;
      index += code.test(arg) || file || withValue.test(arg) ? 2 : 1;
    }
    return { uses: uses.length > 0 ? uses : [[index, 'code']] };
  };
}

const shell: Reader = (args) => {
  const option = args.findIndex((arg) => /^[-+][A-Za-z]*c[A-Za-z]*$/.test(arg));
  if (option !== -1) {
    const code = args.findIndex((arg, index) => index > option && !arg.startsWith('-'));
    return { uses: [[code === -1 ? args.length : code, 'code']] };
  }
  const file = args.findIndex((arg) => !/^[-+]/.test(arg));
  return file === -1 || args.includes('-s') ? { uses: [], input: true } : { uses: [[file, 'file']] };
};

const command: Reader = (args) => ({
  uses: args.flatMap((arg, index) => {
    if (arg === '-c' || arg === '--command') return [[index + 1, 'code'] as const];
    return arg.startsWith('--command=') ? [[index, 'code'] as const] : [];
  }),
});

const ssh: Reader = (args) => {
  let host = 0;
  while (host < args.length && args[host]?.startsWith('-') === true) {
    host += /^-[BbcDEeFIiJLlmOoPpQRSWw]$/.test(args[host] ?? '') ? 2 : 1;
  }
  const uses = args.flatMap((_, index) => (index > host ? [[index, 'code'] as const] : []));
  return { uses, input: uses.length === 0 };
};

const readers: Readonly<Record<string, Reader>> = {
  python: language(/^-[A-Za-z]*c$/),
  node: language(/^(?:-e|-p|-pe|--eval|--print)$/, /^--(?:eval|print)=/),
  deno: (args) => ({
    uses: args[0] === 'eval' ? args.flatMap((_, index) => (index > 0 ? [[index, 'code'] as const] : [])) : [],
  }),
  perl: language(/^-[A-Za-z0-9]*[eE]$/, /^-[pnlawi0]*e./),
  ruby: language(/^-[A-Za-z0-9]*e$/, /^-[pnlaw]*e./),
  php: language(/^-r$/),
  lua: language(/^-e$/),
  awk: expression(/^-[Fv]$/, /^(?:-e|--source)$/),
  sed: expression(/^-l$/, /^(?:-[nErsuzi]*e|--expression)$/, /^--expression=/),
  ssh,
  su: command,
  runuser: command,
  eval: (args) => ({ uses: args.map((_, index) => [index, 'code'] as const) }),
  trap: () => ({ uses: [[0, 'code']] }),
  source: () => ({ uses: [[0, 'file']] }),
};

/** Names of one program. */
const other: Readonly<Record<string, string>> = {
  ...{ gawk: 'awk', mawk: 'awk', nawk: 'awk', gsed: 'sed', nodejs: 'node', bun: 'node', pypy: 'python' },
  '.': 'source',
};

/** Which words of a command line its program reads as code; `words` are without what is not known. */
export function usesOf(words: readonly string[]): Uses | undefined {
  const start = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  const first = words[start];
  if (first === undefined) return undefined;
  const wraps = wrappers.has(base(first)) || words.includes('--');
  const runs = (word: string) => readerOf(word) !== undefined && !builtins.has(word);
  const at = wraps ? words.findIndex((word, index) => index >= start && runs(word)) : start;
  const program = base(words[at] ?? '');
  const reader = readerOf(program);
  if (reader === undefined) return undefined;
  const { uses, input = false } = reader(words.slice(at + 1));
  const absolute = uses.map(([index, use]) => [at + 1 + index, use] as const);
  const runsShell = shells.has(program) || ['eval', 'trap', 'su', 'runuser'].includes(program);
  return { words: new Map(absolute), input, program, shell: runsShell };
}

/** Whether a program is a shell. */
export const isShell = (program: string): boolean => shells.has(base(program));

function readerOf(word: string): Reader | undefined {
  const name = base(word);
  if (shells.has(name)) return shell;
  const plain = name.replace(/[\d.]+$/, '') || name;
  const key = other[name] ?? other[plain] ?? plain;
  return Object.hasOwn(readers, key) ? readers[key] : undefined;
}

const base = (word: string): string => word.slice(word.lastIndexOf('/') + 1);
