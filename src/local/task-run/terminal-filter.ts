/** Instructions of the filter, and where the call is in what it reads. Source: Linux, seccomp(2) and uapi/linux/filter.h. */
const load = 0x20;
const jumpIfEqual = 0x15;
const jump = 0x05;
const answer = 0x06;
const data = { call: 0, architecture: 4, request: 24 } as const;

/** What types into a terminal as if its user did: TIOCSTI, and TIOCLINUX, which pastes. Source: ioctl_tty(2). */
const typing = [0x5412, 0x541c] as const;

const allow = 0x7fff0000;
const refuse = 0x00050001; // EPERM

/** The number of ioctl, and of its twin for programs with 32-bit addresses; 54 in the 32-bit architecture that the same kernel runs. */
const architectures: Readonly<
  Partial<Record<string, { readonly name: number; readonly ioctl: readonly [number, number] }>>
> = {
  x64: { name: 0xc000003e, ioctl: [16, 0x40000202] },
  arm64: { name: 0xc00000b7, ioctl: [29, 29] },
};
const ioctlOf32 = 54;

/**
 * A program for `bwrap --seccomp`: what has the terminal of a person in a sandbox, must not type into it, because what was typed is there
 * when the sandbox has ended, for the shell of that person.
 * @returns undefined for an architecture of which the numbers are not known
 */
export function terminalFilter(architecture: string = process.arch): Buffer | undefined {
  const known = architectures[architecture];
  if (known === undefined) return undefined;
  const [check, allowed, refused] = [8, 11, 12];
  const to = (target: number, at: number) => target - at - 1;
  const program: readonly (readonly [code: number, ifTrue: number, ifFalse: number, value: number])[] = [
    [load, 0, 0, data.architecture],
    [jumpIfEqual, to(3, 1), to(2, 1), known.name],
    [jump, 0, 0, to(6, 2)],
    [load, 0, 0, data.call],
    [jumpIfEqual, to(check, 4), to(5, 4), known.ioctl[0]],
    [jumpIfEqual, to(check, 5), to(allowed, 5), known.ioctl[1]],
    [load, 0, 0, data.call],
    [jumpIfEqual, to(check, 7), to(allowed, 7), ioctlOf32],
    [load, 0, 0, data.request],
    [jumpIfEqual, to(refused, 9), to(10, 9), typing[0]],
    [jumpIfEqual, to(refused, 10), to(allowed, 10), typing[1]],
    [answer, 0, 0, allow],
    [answer, 0, 0, refuse],
  ];
  const bytes = Buffer.alloc(8 * program.length);
  for (const [index, [code, ifTrue, ifFalse, value]] of program.entries()) {
    bytes.writeUInt16LE(code, 8 * index);
    bytes.writeUInt8(ifTrue, 8 * index + 2);
    bytes.writeUInt8(ifFalse, 8 * index + 3);
    bytes.writeUInt32LE(value, 8 * index + 4);
  }
  return bytes;
}
