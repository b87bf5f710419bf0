import { isEnglishWord } from '../language/known-words.ts';
import { MAX_CHUNK, spellingUnits, type SpellingModel } from './learning/spelling.ts';

/** How a word may be spelt in English. */
export interface Respelling {
  text: string;
  /** How surely that is the word: in (0, 1]. */
  chance: number;
}

/** Spellings that are followed at each unit of a word. */
const WIDTH = +(process.env.BW??10);

const MAX_RESPELLINGS = 5;

/** UTF-16 units beyond which a word is not respelt. */
const MAX_LENGTH = 40;

export class Respeller {
  readonly #model: SpellingModel;

  constructor(model: SpellingModel) {
    this.#model = model;
  }

  raw(word: string): [string, number][] {
    if (word.length > MAX_LENGTH) return [];
    const units = spellingUnits(word);
    const beams: Map<string, number>[] = units.map(() => new Map());
    beams.push(new Map());
    beams[0].set('', 0);
    for (let at = 0; at < units.length; at++) {
      const best = [...beams[at]].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, WIDTH);
      for (let end = at + 1; end <= Math.min(units.length, at + MAX_CHUNK); end++) {
        const spellings = this.#model.get(units.slice(at, end).join(''));
        if (!spellings) continue;
        for (const [text, log] of best)
          for (const { english, chance } of spellings) {
            const t = text + english, l = log + Math.log(chance);
            const old = beams[end].get(t);
            if (process.env.SUM) beams[end].set(t, old===undefined?l:Math.max(old,l)+Math.log1p(Math.exp(-Math.abs(old-l)))); else if (old === undefined || old < l) beams[end].set(t, l);
          }
      }
    }
    return [...beams[units.length]].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  }
}
void isEnglishWord; void MAX_RESPELLINGS;
