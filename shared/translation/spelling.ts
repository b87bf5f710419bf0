import { LineReader } from './line-reader.ts';

/** One way to spell a chunk in English. */
export interface ChunkSpelling {
  /** Letters; empty where the chunk is not written. */
  english: string;
  /** Share of the chunk's uses that are spelt so: in (0, 1]. */
  chance: number;
}

/**
 * How words that a language shares with English are spelt there: by chunk of a word (`spellingUnits`), its English spellings, the
 * likeliest first. Chunks are of 1 to `MAX_CHUNK` units.
 */
export type SpellingModel = ReadonlyMap<string, readonly ChunkSpelling[]>;

/** Units of the longest chunk, the edges of the word included. */
export const MAX_CHUNK = 4;

/** Stands before and after a word, so that chunks know its edges. */
export const EDGE = ' ';

/**
 * What of a word is spelt as one: its characters between two edges. Letters that Unicode composes of others, as Hangul
 * syllables are, come apart, since there are too many to learn each.
 */
export function spellingUnits(word: string): string[] {
  return [EDGE, ...word.normalize('NFD'), EDGE];
}

/** A model as the text of a file, a chunk a line: `sch␉0.75 sh␉0.125 sk`. Chunks hold spaces: the edges of words. */
export function writeSpelling(model: SpellingModel): string {
  const cellOf = ({ english, chance }: ChunkSpelling): string =>
    `${Number(chance.toPrecision(3))} ${english}`;
  return [...model].map(([chunk, spellings]) => `${[chunk, ...spellings.map(cellOf)].join('\t')}\n`).join('');
}

/** Reads a model from its text. @param path the file that it is from @throws P2iError ARTEFACT_INVALID, naming the line */
export function readSpelling(text: string, path: string): SpellingModel {
  const model = new Map<string, ChunkSpelling[]>();
  for (const lines = new LineReader(text, path); lines.next();) {
    lines.nextCell();
    const chunk = text.slice(lines.start, lines.end);
    const spellings: ChunkSpelling[] = [];
    while (lines.nextCell()) {
      const space = text.indexOf(' ', lines.start);
      if (space < 0 || space > lines.end) throw lines.invalid('has a spelling without its chance');
      spellings.push({
        chance: lines.share(lines.start, space),
        english: text.slice(space + 1, lines.end),
      });
    }
    if (model.has(chunk)) throw lines.invalid('stands there twice');
    if (spellings.length === 0) throw lines.invalid('has no spelling');
    model.set(chunk, spellings);
  }
  return model;
}
