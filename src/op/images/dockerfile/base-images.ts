import { type BuildArgs, readStages, type StageInstruction } from './stages.js';

/**
 * The images that a Dockerfile is built on, to notice when one has changed: those of FROM, `COPY --from` and `RUN --mount=from=`.
 * @returns undefined when an image is unknown, because its name has a variable without a value
 */
export function baseImages(dockerfile: string, buildArgs: BuildArgs): readonly string[] | undefined {
  const images = new Set<string>();
  const notImages = new Set<string>(['scratch']);
  for (const { names, from, instructions } of readStages(dockerfile, buildArgs)) {
    if (from === undefined) return undefined;
    if (!notImages.has(from.toLowerCase())) images.add(from);
    for (const name of names) notImages.add(name);
    for (const instruction of instructions) {
      for (const source of sourcesOf(instruction)) {
        const image = instruction.substitute(source);
        if (image === undefined) return undefined;
        if (!notImages.has(image.toLowerCase())) images.add(image);
      }
    }
  }
  return [...images];
}

/** The images or stages that an instruction copies or mounts from. */
function sourcesOf({ keyword, flags }: StageInstruction): readonly string[] {
  return flags.flatMap((flag) => {
    if (keyword === 'COPY' && flag.startsWith('--from=')) return [flag.slice('--from='.length)];
    if (keyword !== 'RUN' || !flag.startsWith('--mount=')) return [];
    const parts = flag.slice('--mount='.length).split(',');
    return parts.filter((part) => part.startsWith('from=')).map((part) => part.slice('from='.length));
  });
}
