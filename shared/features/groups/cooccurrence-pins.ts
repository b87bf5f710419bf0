import { evidenceGroup } from './evidence.ts';

/** The interests of the Pins that share a term. */
export const cooccurrencePins = evidenceGroup('cooccurrence-pins', [
  [
    'wordShareMax',
    'share',
    "of the Pins with one of the Pin's words, the greatest share that has the interest",
  ],
  ['wordTrustAtMax', 'log Pins', 'how many Pins that greatest share is of'],
  ['wordShareSum', 'share × idf', 'sum over its words of share times inverse document frequency'],
  ['wordLiftSum', 'log lift', 'sum over its words of log(1 + share / base rate)'],
  ['wordSupport', 'share', 'known words of the Pin that the interest was seen with'],
  ['phraseShareMax', 'share', 'the greatest share among its pairs of neighbouring words'],
  ['phraseTrustAtMax', 'log Pins', 'how many Pins that greatest share is of'],
  ['phraseLiftSum', 'log lift', 'sum of log lifts over its phrases'],
  ['titleShare', 'share', 'of the Pins with the same title, those that have the interest'],
  ['titleTrust', 'log Pins', 'how many Pins have that title'],
  ['annotationShareMax', 'share', 'the greatest share among its annotations'],
  ['annotationLiftSum', 'log lift', 'sum of log lifts over its annotations'],
]);
