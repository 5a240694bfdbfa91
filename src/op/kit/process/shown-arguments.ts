/** Options whose values are a repository's or a user's own: build arguments and variables, which may be secrets. */
const valued = /^((?:--opt=)?build-arg:[^=]+|(?:--build-arg|--env|-e)=[^=]+)=/u;
const options: ReadonlySet<string> = new Set(['--build-arg', '--env', '-e']);

/** The arguments of a program as they may be printed: without the values of build arguments and variables. */
export const shownArguments = (args: readonly string[]): readonly string[] =>
  args.map((argument, index) => {
    const name = options.has(args[index - 1] ?? '') ? /^([^=]+)=/u.exec(argument)?.[1] : valued.exec(argument)?.[1];
    return name === undefined ? argument : `${name}=…`;
  });
