import { ApiObject, JsonPatch } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Problem, ValidateOptions } from '../tekton/index.js';
import type { JsonObject } from './order.js';
import { sentence } from './sentence.js';

/** An object that knows the order in which its author wrote its fields. */
export interface OrderedObject {
  readonly written: JsonObject;
}

/** How a definition of the typed core becomes a Kubernetes object. */
export interface Rendering {
  /** The object, fields in the order people write them; called only when there is no problem. */
  readonly render: () => object;
  readonly problems: readonly Problem[];
  readonly apiVersion: string;
  readonly kind: string;
  /** `metadata.name`, or the start of one that the cluster completes. */
  readonly name: string | { readonly generateName: string };
}

/** What an object is made of, and what validation lets pass in it. */
export interface TektonProps<D> extends ValidateOptions {
  readonly definition: D;
}

/** The options of validation, without a key that has no value. */
export const optionsOf = (allow: ValidateOptions['allow']): ValidateOptions => (allow === undefined ? {} : { allow });

interface Rendered {
  readonly metadata?: {
    readonly labels?: { readonly [key: string]: string };
    readonly annotations?: { readonly [key: string]: string };
  };
  readonly spec?: JsonObject;
}

/**
 * An ApiObject whose content comes from the typed core: charts, labels, namespaces, `addJsonPatch` and validation work as in any
 * cdk8s app. `synth` reports the problems of all definitions at once, and writes nothing.
 */
export class TektonObject extends ApiObject implements OrderedObject {
  readonly written: JsonObject;
  readonly #generated: boolean;
  readonly #changes: JsonPatch[] = [];

  constructor(scope: Construct, id: string, { render, problems, apiVersion, kind, name }: Rendering) {
    const rendered = (problems.length === 0 ? render() : {}) as Rendered;
    const { labels = {}, annotations = {} } = rendered.metadata ?? {};
    const named = typeof name === 'string' ? { name } : { generateName: name.generateName };
    super(scope, id, { apiVersion, kind, metadata: { ...named, labels, annotations } });
    this.written = rendered as JsonObject;
    this.#generated = typeof name !== 'string';
    this.node.addValidation({ validate: () => problems.map(sentence) });
  }

  /** Whether somebody has changed what the core rendered. */
  get patched(): boolean {
    return this.#changes.length > 0;
  }

  override addJsonPatch(...changes: JsonPatch[]): void {
    this.#changes.push(...changes);
  }

  /** The core's objects are already plain data: cdk8s has nothing to resolve in them, and their order is intended. */
  override toJson(): JsonObject {
    const metadata: JsonObject = this.metadata.toJson();
    const { name: _, ...unnamed } = metadata;
    const json: JsonObject = {
      apiVersion: this.apiVersion,
      kind: this.kind,
      // cdk8s gives every object a name; the cluster completes `generateName` only when the object has no name.
      metadata: this.#generated ? unnamed : metadata,
      spec: this.written.spec ?? {},
    };
    return this.#changes.length === 0 ? json : JsonPatch.apply(json, ...this.#changes);
  }
}
