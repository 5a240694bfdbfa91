const itemName = /^[A-Za-z0-9][\w.-]{0,62}$/u;
const inputName = /^[A-Za-z_]\w{0,62}$/u;

/** Whether a text can be the name of an environment or a call. What every object of JavaScript has, such as `constructor`, cannot be a key. */
export const canBeName = (name: string): boolean =>
  itemName.test(name) && !name.includes('..') && !(name in Object.prototype);

/** Whether a text can be a tag of a release: `r12` is a number. */
export const canBeTag = (name: string): boolean => /^[\w.-]{1,63}$/u.test(name) && !/^r\d+$|^\.\.?$/u.test(name);

/** How many tags one run may give, and a release may have. */
export const mostTags = 50;

/** Whether a text can be the name of an input. */
export const canBeInput = (name: string): boolean => inputName.test(name);
