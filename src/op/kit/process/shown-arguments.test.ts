import { expect, it } from 'vitest';
import { shownArguments } from './shown-arguments.js';

it('values of build arguments and variables are not shown', () => {
  const args = [
    ...['build', '--opt=build-arg:TOKEN=s3cret', '--opt', 'build-arg:A=b=s3cret', '--opt=target=release'],
    ...['--build-arg', 'TOKEN=s3cret', '--build-arg=TOKEN=s3cret', '--env', 'TOKEN=s3cret', '-e', 'NAME', '--tag=v=1'],
  ];
  expect(shownArguments(args)).toEqual([
    ...['build', '--opt=build-arg:TOKEN=…', '--opt', 'build-arg:A=…', '--opt=target=release'],
    ...['--build-arg', 'TOKEN=…', '--build-arg=TOKEN=…', '--env', 'TOKEN=…', '-e', 'NAME', '--tag=v=1'],
  ]);
});
