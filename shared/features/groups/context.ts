import { EVIDENCE_INDEX, EVIDENCE_WIDTH } from '../../candidates/evidence.ts';
import { LANES, type FeatureGroup } from '../feature.ts';
import { fillPerPin } from './per-pin.ts';

const SHARED = { lanes: LANES } as const;

/** Types of Pin, by code. A new one goes to the end: codes are part of the model. */
const KINDS = ['image', 'video', 'product', 'article', 'recipe', 'story', 'collage', 'gif'];

/** What the Pin is, and how the candidate stands among the others. */
export const context: FeatureGroup = {
  name: 'context',
  features: [
    {
      name: 'kind',
      unit: 'code',
      meaning: 'type of the Pin: image, video, product…',
      categorical: true,
      ...SHARED,
    },
    {
      name: 'country',
      unit: 'code',
      meaning: 'country of most of its engagement',
      categorical: true,
      lanes: ['batch'],
    },
    { name: 'language', unit: 'code', meaning: 'language of its text', categorical: true, ...SHARED },
    { name: 'textWords', unit: 'words', meaning: 'words of its text', ...SHARED },
    { name: 'annotations', unit: 'annotations', meaning: 'annotations of the Pin', ...SHARED },
    { name: 'knownBoards', unit: 'boards', meaning: 'boards of the Pin that the store knows', ...SHARED },
    { name: 'candidates', unit: 'candidates', meaning: 'candidates of the Pin', ...SHARED },
    { name: 'prior', unit: 'prior', meaning: 'the cheap prior that candidates were capped by', ...SHARED },
    {
      name: 'priorToBest',
      unit: 'ratio',
      meaning: "the prior over that of the Pin's best candidate",
      ...SHARED,
    },
    {
      name: 'priorShare',
      unit: 'share',
      meaning: "the prior over the sum of the Pin's candidates'",
      ...SHARED,
    },
    {
      name: 'priorRank',
      unit: 'rank',
      meaning: "place among the Pin's candidates by prior, 0 the best",
      ...SHARED,
    },
  ],
  fill(batch, _context, columns) {
    fillPerPin(batch, columns.slice(0, 6), (pin, into) => {
      into[0] = kindCode(pin.kind);
      into[1] = letterCode(pin.country);
      into[2] = letterCode(pin.language);
      into[3] = pin.textLength;
      into[4] = pin.annotationCount;
      into[5] = pin.knownBoards;
    });
    const { pins, start, evidence } = batch;
    const [candidates, prior, priorToBest, priorShare, priorRank] = columns.slice(6);
    for (let p = 0; p < pins.length; p++) {
      const from = start[p];
      const to = start[p + 1];
      const first = from * EVIDENCE_WIDTH + EVIDENCE_INDEX.prior;
      let total = 0;
      for (let row = from, at = first; row < to; row++, at += EVIDENCE_WIDTH) total += evidence[at];
      // What is divided by NaN is NaN.
      const best = from < to && evidence[first] > 0 ? evidence[first] : NaN;
      const sum = total > 0 ? total : NaN;
      for (let row = from, at = first; row < to; row++, at += EVIDENCE_WIDTH) {
        const value = evidence[at];
        candidates[row] = to - from;
        prior[row] = value;
        priorToBest[row] = value / best;
        priorShare[row] = value / sum;
        priorRank[row] = row - from;
      }
    }
  },
};

function kindCode(kind: string | null): number {
  const code = kind === null ? -1 : KINDS.indexOf(kind);
  return code < 0 ? NaN : code;
}

/** A code of two letters (a country, the language of a BCP-47 tag) as a number from 0 to 675. */
function letterCode(tag: string | null): number {
  if (tag === null) return NaN;
  const first = letter(tag, 0);
  const second = letter(tag, 1);
  return first < 0 || second < 0 || letter(tag, 2) >= 0 ? NaN : first * 26 + second;
}

/** From 0 to 25, whatever its case; -1 where there is no letter. */
function letter(text: string, at: number): number {
  const code = (text.charCodeAt(at) | 0x20) - 0x61;
  return code >= 0 && code < 26 ? code : -1;
}
