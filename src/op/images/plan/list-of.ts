/** The items of a text with commas between them, as settings have lists; nothing for no text. */
export const listOf = (text = ''): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
