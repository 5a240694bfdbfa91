import { Construct } from 'constructs';
import { mirrorBuildAs, mirrorBuildRules } from '../../pipelines/mirror-build.js';
import { mirrorDeployAs, mirrorDeployRules } from '../../pipelines/mirror-deploy.js';
import { Pipeline } from '../../src/cdk8s/pipeline.js';
import { PipelineAccess } from '../../src/cdk8s/pipeline-access.js';
import { PipelineNetwork } from '../../src/cdk8s/pipeline-network.js';

const definitions = [mirrorBuildAs('oc-mirror-build-pipeline'), mirrorDeployAs('oc-mirror-deployment-pipeline')];

/** What a platform team chooses. */
interface OcMirrorPipelinesProps {
  /** Whether the pods may only reach what the Pipelines need. */
  readonly networkPolicy: boolean;
}

/** `mirror-build` and `mirror-deploy` under the names, and with the ServiceAccount, that runs of AutoShift's pipelines name. */
export class OcMirrorPipelines extends Construct {
  constructor(scope: Construct, id: string, { networkPolicy }: OcMirrorPipelinesProps) {
    super(scope, id);
    for (const definition of definitions) {
      new Pipeline(this, definition.name, { definition });
      if (networkPolicy) new PipelineNetwork(this, `${definition.name}-network`, { pipeline: definition.name });
    }
    new PipelineAccess(this, 'access', {
      name: 'oc-mirror-pipeline',
      rules: [...mirrorBuildRules, ...mirrorDeployRules],
    });
  }
}
