import type { Report } from '../problem.js';
import { isRecord } from '../record.js';
import { didYouMean } from './names.js';
import { checkShape } from './shape.js';

const suffixes: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** The number that a quantity stands for, or undefined when the text is none. Source: Kubernetes, apimachinery/pkg/api/resource. */
export function amountOf(quantity: unknown): number | undefined {
  if (typeof quantity !== 'string') return undefined;
  const [whole, number = '', suffix = '', exponent = ''] =
    /^(\d+(?:\.\d*)?|\.\d+)(?:([numkMGTPE]|[KMGTPE]i)?|[eE]([+-]?\d+))$/.exec(quantity) ?? [];
  if (whole === undefined) return undefined;
  return Number(number) * (exponent === '' ? (suffixes[suffix] ?? 1) : 10 ** Number(exponent));
}

/** Checks one quantity. */
export function checkQuantity(quantity: unknown, path: string, report: Report): void {
  if (amountOf(quantity) === undefined) {
    report(path, `"${String(quantity)}" is not a quantity`, 'write 500m, 1, 128Mi or 1Gi');
  }
}

const names = ['cpu', 'memory', 'ephemeral-storage'];

/** Checks CPU, memory and other resources as Kubernetes does when the pod is made: known names, quantities, no request above its limit. */
export function checkResources(resources: unknown, report: Report, path = 'computeResources'): void {
  if (resources === undefined) return;
  checkShape('core/v1.ResourceRequirements', resources, path, (at, message, hint) => {
    if (!message.includes('quantity') && message !== 'is undefined') report(at, message, hint);
  });
  if (!isRecord(resources)) return;
  const { requests, limits } = resources;
  for (const [kind, amounts] of Object.entries({ requests, limits })) {
    for (const [name, amount] of Object.entries(isRecord(amounts) ? amounts : {})) {
      const place = `${path}.${kind}.${name}`;
      if (!names.includes(name) && !name.startsWith('hugepages-') && !name.includes('/')) {
        report(place, `"${name}" is not a resource`, didYouMean(name, names));
      }
      checkQuantity(amount, place, report);
      const count = amountOf(amount);
      if (name === 'memory' && count !== undefined && !Number.isInteger(count)) {
        report(place, `"${String(amount)}" is less than whole bytes`, 'write 128Mi or 1Gi: m is a thousandth');
      }
    }
  }
  if (!isRecord(requests) || !isRecord(limits)) return;
  for (const [name, request] of Object.entries(requests)) {
    const [asked, most] = [amountOf(request), amountOf(limits[name])];
    if (asked === undefined || most === undefined || asked <= most) continue;
    const limit = String(limits[name]);
    report(`${path}.requests.${name}`, `"${String(request)}" is above the limit "${limit}"`, 'raise the limit');
  }
}
