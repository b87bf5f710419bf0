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
    fillPerPin(batch, columns.slice(0, 6), (pin) => [
      kindCode(pin.kind),
      letterCode(pin.country),
      letterCode(pin.language),
      pin.textLength,
      pin.annotationCount,
      pin.knownBoards,
    ]);
    const [candidates, prior, priorToBest, priorShare, priorRank] = columns.slice(6);
    const { evidence, start } = batch;
    for (let row = 0, at = EVIDENCE_INDEX.prior; row < prior.length; row++, at += EVIDENCE_WIDTH)
      prior[row] = evidence[at];
    for (let p = 0; p < batch.pins.length; p++) {
      const from = start[p];
      const to = start[p + 1];
      let total = 0;
      for (let row = from; row < to; row++) total += prior[row];
      const best = from < to ? prior[from] : 0;
      for (let row = from; row < to; row++) {
        candidates[row] = to - from;
        priorToBest[row] = best > 0 ? prior[row] / best : NaN;
        priorShare[row] = total > 0 ? prior[row] / total : NaN;
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
  const match = tag?.match(/^([a-z])([a-z])(?![a-z])/i);
  if (!match) return NaN;
  const [first, second] = [match[1], match[2]].map((letter) => letter.toLowerCase().charCodeAt(0) - 97);
  return first * 26 + second;
}
