import { ApiObject, Chart, type ChartProps } from 'cdk8s';
import type { Construct } from 'constructs';

/** A chart that becomes one file of `dist/`. */
export interface CatalogChartProps extends ChartProps {
  /** The file that a reader edits to change what this chart installs, from the root of the project. */
  readonly source: string;
}

/** One file of a catalog: `CHART.yaml`, with a header that says where it comes from. */
export class CatalogChart extends Chart {
  readonly source: string;

  constructor(scope: Construct, id: string, { source, ...props }: CatalogChartProps) {
    super(scope, id, { disableResourceNameHashes: true, ...props });
    this.source = source;
  }

  /** The objects of this chart, in the order in which they were added. */
  get objects(): readonly ApiObject[] {
    return this.node.findAll().filter((node) => node instanceof ApiObject);
  }
}
