import { ApiObject, Chart, type ChartProps } from 'cdk8s';
import type { Construct } from 'constructs';

/** The folder of files that are installed separately. */
export const optionalFolder = 'optional';

/** A chart that becomes one file of `dist/`. */
export interface CatalogChartProps extends ChartProps {
  /** The file that a reader edits to change what this chart installs, from the root of the project. */
  readonly source: string;
  /**
   * Whether the file is written to the folder `optional`: `kubectl apply -f dist/` does not install it, `kubectl apply -f dist/optional/` does.
   * @default false
   */
  readonly optional?: boolean;
}

/** One file of a catalog: `CHART.yaml`, with a header that says where it comes from. */
export class CatalogChart extends Chart {
  readonly source: string;
  /** Its path in the catalog. */
  readonly file: string;

  constructor(scope: Construct, id: string, { source, optional = false, ...props }: CatalogChartProps) {
    super(scope, id, { disableResourceNameHashes: true, ...props });
    this.source = source;
    this.file = optional ? `${optionalFolder}/${id}.yaml` : `${id}.yaml`;
  }

  /** The objects of this chart, in the order in which they were added. */
  get objects(): readonly ApiObject[] {
    return this.node
      .findAll()
      .filter((node) => node instanceof ApiObject)
      .filter((object) => object.chart === this);
  }
}
