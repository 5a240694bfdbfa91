import type { YamlScalar } from './yaml-text.js';

/** What Go's readers of Kubernetes and Helm make of a scalar of YAML. A number keeps what it is written as when it becomes a text. */
export type GoScalar = string | boolean | null | GoNumber;

/** A number, and the text that a field for texts gets. */
export class GoNumber {
  readonly value: number;
  readonly text: string;
  constructor(value: number, text: string) {
    this.value = value;
    this.text = text;
  }
}

const truths = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']);
const falsehoods = new Set(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']);
const infinite = /^([+-]?)\.(?:inf|Inf|INF)$/u;
const decimal = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/u;
const integer = /^([+-]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]+|0|[1-9]\d*)$/u;

/**
 * Resolves a scalar as YAML 1.1, in the way of `go.yaml.in/yaml/v2` (resolve.go), on which `sigs.k8s.io/yaml` is built: `yes` is a truth
 * value, `010` is 8, and `1.20` is the number 1.2. Dates stay texts.
 */
export function goScalar({ text, quoted }: YamlScalar): GoScalar {
  if (quoted) return text;
  if (text === '') return null;
  if (truths.has(text)) return true;
  if (falsehoods.has(text)) return false;
  const sign = infinite.exec(text)?.[1];
  if (sign !== undefined) return floatOf(sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
  if (/^\.(?:nan|NaN|NAN)$/u.test(text)) return floatOf(Number.NaN);
  if (!/^[-+.\d]/u.test(text)) return text;
  const plain = text.startsWith('.') ? text : text.replaceAll('_', '');
  return integerOf(plain) ?? (decimal.test(plain) ? floatOf(Number(plain)) : text);
}

const largest = 2n ** 64n;

function integerOf(text: string): GoNumber | undefined {
  const [, sign = '', digits] = integer.exec(text) ?? [];
  // More digits than any number of 64 bits has, in any base.
  if (digits === undefined || digits.length > 70) return undefined;
  const octal = /^0[0-7]+$/u.test(digits);
  const size = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  const value = sign === '-' ? -size : size;
  // More is a number with a fraction for Go.
  if (value >= largest || value < -(largest / 2n) || (sign === '+' && value >= largest / 2n)) return undefined;
  return new GoNumber(Number(value), value.toString());
}

const floatOf = (value: number) => new GoNumber(value, floatText(value));

/** Source: Go, `strconv.FormatFloat(value, 'g', -1, 32)`: the fewest digits that tell it from other numbers of 32 bits. */
function floatText(given: number): string {
  const value = Math.fround(given);
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-Inf' : '+Inf';
  let precision = 1;
  while (precision < 9 && Math.fround(Number(value.toPrecision(precision))) !== value) precision += 1;
  const [, sign = '', first = '', rest = '', power = '0'] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/u.exec(value.toExponential(precision - 1)) ?? [];
  const digits = `${first}${rest}`.replace(/0+$/u, '') || '0';
  const exponent = Number(power);
  const isZero = digits === '0';
  if (!isZero && (exponent < -4 || exponent >= 6)) return scientific(sign, digits, exponent);
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return `${Object.is(value, -0) ? '-' : sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

const scientific = (sign: string, digits: string, exponent: number): string =>
  `${sign}${digits.slice(0, 1)}${digits.length > 1 ? `.${digits.slice(1)}` : ''}e${exponent < 0 ? '-' : '+'}${`${Math.abs(exponent)}`.padStart(2, '0')}`;
