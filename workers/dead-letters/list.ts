import type { DeadLetter } from '../../shared/stream/dead-letters.ts';
import { Latest, readLetters, type LetterFilter, type LetterSource, type StoredLetter } from './letters.ts';

/** A letter without its bytes. */
export interface ListedLetter extends Omit<StoredLetter, 'letter'> {
  letter: Omit<DeadLetter, 'value'>;
  /** How many bytes it has. */
  bytes: number;
}

/** How many letters failed at one stage with one code. */
export interface LetterCount extends Pick<DeadLetter, 'stage' | 'code'> {
  letters: number;
  /** Those of them that were redriven. */
  redriven: number;
}

export interface LetterList {
  /** Those that failed last, in the order of their failing. */
  letters: ListedLetter[];
  /** Of all that the filter fits, the most frequent first. */
  counts: LetterCount[];
}

/** @param most letters that are listed @throws P2iError as readLetters */
export async function listLetters(
  source: LetterSource,
  filter: LetterFilter,
  most: number,
): Promise<LetterList> {
  const last = new Latest<ListedLetter>(most);
  const counts = new Map<string, LetterCount>();
  for await (const stored of readLetters(source, filter)) {
    last.add(listed(stored));
    const { stage, code } = stored.letter;
    const count = counts.get(`${stage} ${code}`) ?? { stage, code, letters: 0, redriven: 0 };
    count.letters++;
    if (stored.redriven !== undefined) count.redriven++;
    counts.set(`${stage} ${code}`, count);
  }
  return { letters: last.items(), counts: [...counts.values()].sort((a, b) => b.letters - a.letters) };
}

export function listed({ letter: { value, ...letter }, ...stored }: StoredLetter): ListedLetter {
  return { ...stored, letter, bytes: value.length };
}
