import { tasksOf } from '../containers.js';
import type { Rule } from '../document.js';

const longest = 16;

/** Catalog rule 8, the part that YAML shows: `tkn logs` prints the step's name before every line, so each has one, a short one. */
export const shortStepNames: Rule = (documents) =>
  tasksOf(documents).flatMap(({ where, spec }) =>
    spec.steps.flatMap(({ name = '' }, index) => {
      if (name === '') return [{ where: `${where} > steps[${index}]`, message: 'the step has no name' }];
      if (name.length <= longest) return [];
      return [
        { where: `${where} > steps[${index}] ${name}`, message: `the name is longer than ${longest} characters` },
      ];
    }),
  );
