import { hashPair, hashText } from './hash.ts';

/*
 * The terms of a Pin: everything that it can share with another Pin. Each kind is hashed with a seed of its own, so that
 * the word `mountain` and the whole title `Mountain` are two terms.
 */
const SEED = { word: 1, title: 2, boardWord: 3, annotation: 4, board: 5, pin: 6 } as const;
const PHRASE_MARK = hashText('phrase', 0);

/** Bounds on the terms of one Pin: the rest of a long text repeats what its beginning said. */
export const MAX_WORDS = 64;
const MAX_BOARD_WORDS = 24;
const MAX_ANNOTATIONS = 64;
export const MAX_BOARDS = 64;

/** Hashes by kind, each distinct, in order of appearance. */
export interface PinTerms {
  words: string[];
  wordHashes: number[];
  /** Pairs of neighbouring words. */
  phraseHashes: number[];
  /** The whole title; null where it has no word. */
  titleHash: number | null;
  boardWordHashes: number[];
  annotationHashes: number[];
  boardHashes: number[];
}

/**
 * @param title analysed words of the title, in order
 * @param description analysed words of the description
 * @param boardNames analysed words of each board's name
 * @param annotations analysed words of each annotation
 * @param boardIds ids of the boards
 */
export function pinTerms(
  title: readonly string[],
  description: readonly string[],
  boardNames: readonly (readonly string[])[],
  annotations: readonly (readonly string[])[],
  boardIds: readonly string[],
): PinTerms {
  const words = new Map<string, number>();
  const phrases = new Set<number>();
  for (const field of [title, description]) {
    let previous = 0;
    for (const word of field) {
      if (words.size >= MAX_WORDS) break;
      let hash = words.get(word);
      if (hash === undefined) words.set(word, (hash = hashText(word, SEED.word)));
      if (previous !== 0) phrases.add(hashPair(hashPair(PHRASE_MARK, previous), hash));
      previous = hash;
    }
  }

  const boardWords = new Set<number>();
  for (const name of boardNames) {
    for (const word of name) {
      if (boardWords.size >= MAX_BOARD_WORDS) break;
      boardWords.add(hashText(word, SEED.boardWord));
    }
  }
  const annotationHashes = new Set<number>();
  for (const annotation of annotations) {
    if (annotationHashes.size >= MAX_ANNOTATIONS) break;
    if (annotation.length > 0) annotationHashes.add(hashText(annotation.join(' '), SEED.annotation));
  }
  return {
    words: [...words.keys()],
    wordHashes: [...words.values()],
    phraseHashes: [...phrases],
    titleHash: title.length > 0 ? hashText(title.join(' '), SEED.title) : null,
    boardWordHashes: [...boardWords],
    annotationHashes: [...annotationHashes],
    boardHashes: [...new Set(boardIds.slice(0, MAX_BOARDS).map((id) => hashText(id, SEED.board)))],
  };
}

/** Hash of a Pin's id: its place in the bottom-k samples. */
export function pinHash(id: string): number {
  return hashText(id, SEED.pin);
}

/** Hash of a word as the vocabulary of interests' names is compared by. */
export function wordHash(word: string): number {
  return hashText(word, SEED.word);
}

/** All hashes that go into the store's terms. */
export function allTermHashes(terms: PinTerms): Float64Array {
  const all = [
    ...terms.wordHashes,
    ...terms.phraseHashes,
    ...terms.boardWordHashes,
    ...terms.annotationHashes,
  ];
  if (terms.titleHash !== null) all.push(terms.titleHash);
  return Float64Array.from(all);
}
