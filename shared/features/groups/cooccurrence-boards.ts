import type { FeatureGroup } from '../feature.ts';
import { copyEvidence, evidenceFeature } from './evidence.ts';

const features = [
  evidenceFeature(
    'boardShareMax',
    'share',
    "the greatest share of one of its boards' Pins that has the interest",
  ),
  evidenceFeature('boardLiftSum', 'log lift', 'sum over its boards of log(1 + share / base rate)'),
  evidenceFeature('boardSupport', 'share', 'known boards of the Pin that the interest was seen on'),
  evidenceFeature(
    'narrowBoardShare',
    'share',
    'of the Pins of its smallest board, those that have the interest',
  ),
  evidenceFeature('narrowBoardTrust', 'log Pins', 'how many Pins of its smallest board were sampled'),
  evidenceFeature(
    'broadBoardShare',
    'share',
    'of the Pins of its largest board, those that have the interest',
  ),
  evidenceFeature('broadBoardTrust', 'log Pins', 'how many Pins of its largest board were sampled'),
  evidenceFeature('boardWordShareMax', 'share', "the greatest share among the words of its boards' names"),
  evidenceFeature('boardWordLiftSum', 'log lift', "sum of log lifts over the words of its boards' names"),
];

/** The interests of the Pins that share a board, or a board's words. */
export const cooccurrenceBoards: FeatureGroup = {
  name: 'cooccurrence-boards',
  features,
  fill: (batch, _context, columns) => copyEvidence(batch, features, columns),
};
