/** A source of lines that are of interest only when something fails. */
export interface Details {
  /** A whole line, or several. */
  readonly add: (text: string) => void;
  /** It went well: nothing of it is shown when something else fails. */
  readonly forget: () => void;
}

/** The last lines of each source, until a failure shows them. */
export interface KeptBack {
  readonly open: () => Details;
  /** What a failure shows, oldest first; empty when nothing was kept. */
  readonly shown: () => string;
}

interface Line {
  readonly at: string;
  /** Place among the lines of all sources. */
  readonly order: number;
  readonly text: string;
}

interface Source {
  readonly lines: Line[];
  /** Lines that were dropped. */
  dropped: number;
}

const linesOfSource = 300;
const lengthOfLine = 1000;

/**
 * Keeps back what one command prints about its work: a program may print gigabytes, so only the last lines of each source stay.
 * @param clean removes credentials; before a line is cut, because half of a credential may not look like one
 * @param hint how to see every line
 */
export function keepBack(clock: () => string, clean: (text: string) => string, hint: string): KeptBack {
  const sources = new Set<Source>();
  let count = 0;
  return {
    open() {
      const source: Source = { lines: [], dropped: 0 };
      sources.add(source);
      return {
        add(text) {
          // A source that went well may print again.
          sources.add(source);
          source.lines.push({ at: clock(), order: count++, text: cut(text, clean) });
          if (source.lines.length <= linesOfSource) return;
          source.lines.shift();
          source.dropped += 1;
        },
        forget() {
          sources.delete(source);
          source.lines.length = 0;
          source.dropped = 0;
        },
      };
    },
    shown() {
      const lines = [...sources].flatMap((source) => source.lines).sort((one, other) => one.order - other.order);
      if (lines.length === 0) return '';
      const dropped = [...sources].reduce((sum, source) => sum + source.dropped, 0);
      const what = dropped === 0 ? 'what led to it' : `what led to it, without ${dropped} earlier lines`;
      const shown = lines.map(({ at, text }) => `${at} ${clean(text)}\n`);
      return [`--- ${what}; ${hint}\n`, ...shown, '---\n'].join('');
    },
  };
}

function cut(text: string, clean: (text: string) => string): string {
  if (text.length <= lengthOfLine) return text;
  const cleaned = clean(text);
  return cleaned.length <= lengthOfLine ? cleaned : `${cleaned.slice(0, lengthOfLine)}…`;
}
