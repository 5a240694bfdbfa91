/**
 * A message without what is quoted, and without URLs, paths and references: what is left are the words of the program, and not of a user
 * who calls an image `access-denied`.
 */
export const withoutNames = (text: string): string =>
  text.replace(/(?<!\w)(["'`])(?:(?!\1)[^\n\\]|\\.){0,500}\1(?!\w)/gu, '…').replace(/\S+/gu, (word) => {
    const [end = ''] = /[:;,.)\]}]{0,9}$/u.exec(word) ?? [];
    const start = word.slice(0, word.length - end.length);
    return /[/@:]/u.test(start) && start !== 'i/o' ? `…${end}` : word;
  });
