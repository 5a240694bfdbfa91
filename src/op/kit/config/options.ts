import { option } from '../options/option.js';

/** The options of op itself that have a value: they go with every command. */
export const propertiesOptions = {
  config: option.text('properties file', { value: '<file>', variable: 'OCTOPILOT_PIPELINE_PROPERTIES' }),
};
