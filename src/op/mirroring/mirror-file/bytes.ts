const units: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes of a text such as `20GB` or `1.5GiB`; undefined for any other text. */
export function parseBytes(text: string): number | undefined {
  const [, number = '', unit = 'B'] = /^(\d+(?:\.\d+)?) ?([kKMGT]?i?B)?$/u.exec(text) ?? [];
  const size = units[unit];
  const bytes = number === '' || size === undefined ? Number.NaN : Math.floor(Number(number) * size);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}
