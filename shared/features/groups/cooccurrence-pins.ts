import type { FeatureGroup } from '../feature.ts';
import { copyEvidence, evidenceFeature } from './evidence.ts';

const features = [
  evidenceFeature(
    'wordShareMax',
    'share',
    "of the Pins with one of the Pin's words, the greatest share that has the interest",
  ),
  evidenceFeature('wordTrustAtMax', 'log Pins', 'how many Pins that greatest share is of'),
  evidenceFeature(
    'wordShareSum',
    'share × idf',
    'sum over its words of share times inverse document frequency',
  ),
  evidenceFeature('wordLiftSum', 'log lift', 'sum over its words of log(1 + share / base rate)'),
  evidenceFeature('wordSupport', 'share', 'known words of the Pin that the interest was seen with'),
  evidenceFeature('phraseShareMax', 'share', 'the greatest share among its pairs of neighbouring words'),
  evidenceFeature('phraseTrustAtMax', 'log Pins', 'how many Pins that greatest share is of'),
  evidenceFeature('phraseLiftSum', 'log lift', 'sum of log lifts over its phrases'),
  evidenceFeature('titleShare', 'share', 'of the Pins with the same title, those that have the interest'),
  evidenceFeature('titleTrust', 'log Pins', 'how many Pins have that title'),
  evidenceFeature('annotationShareMax', 'share', 'the greatest share among its annotations'),
  evidenceFeature('annotationLiftSum', 'log lift', 'sum of log lifts over its annotations'),
];

/** The interests of the Pins that share a term. */
export const cooccurrencePins: FeatureGroup = {
  name: 'cooccurrence-pins',
  features,
  fill: (batch, _context, columns) => copyEvidence(batch, features, columns),
};
