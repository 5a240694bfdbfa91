import { ApiObject, Chart } from 'cdk8s';
import type { CatalogChart } from './catalog-chart.js';

/** The objects that an object must come after: what `addDependency` said of it, and of what it is in. */
function before(object: ApiObject): readonly ApiObject[] {
  return object.node.scopes.flatMap((scope) =>
    scope.node.dependencies.flatMap((dependency) =>
      dependency.node.findAll().filter((node) => node instanceof ApiObject),
    ),
  );
}

/** The objects of a chart, each after those that it depends on, otherwise as they were added. */
export function inOrder(objects: readonly ApiObject[]): readonly ApiObject[] {
  const done = new Set<ApiObject>();
  const add = (object: ApiObject, path: readonly ApiObject[]): void => {
    if (done.has(object) || path.includes(object)) return;
    for (const other of before(object)) if (objects.includes(other)) add(other, [...path, object]);
    done.add(object);
  };
  for (const object of objects) add(object, []);
  return [...done];
}

/** Dependencies that files cannot keep: `kubectl apply -f dist/` reads them in the order of their names. */
export function problemsOfOrder(charts: readonly CatalogChart[]): readonly string[] {
  const found = charts.flatMap((chart) =>
    chart.objects.flatMap((object) =>
      before(object).flatMap((other) => {
        const target = charts.find((candidate) => candidate === Chart.of(other));
        if (target === undefined || target === chart || target.file < chart.file) return [];
        return [
          `${chart.node.id}: depends on ${target.node.id}, but kubectl applies ${chart.file} before ${target.file}; rename one of the charts`,
        ];
      }),
    ),
  );
  return [...new Set(found)];
}
