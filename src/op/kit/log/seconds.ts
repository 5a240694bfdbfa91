/** The seconds from one moment to another, in tenths. */
export const secondsBetween = (start: Date, end: Date): number =>
  Math.round((end.getTime() - start.getTime()) / 100) / 10;
