import { evidenceGroup } from './evidence.ts';

/** The interests of the Pins that share a board, or a board's words. */
export const cooccurrenceBoards = evidenceGroup('cooccurrence-boards', [
  ['boardShareMax', 'share', "the greatest share of one of its boards' Pins that has the interest"],
  ['boardLiftSum', 'log lift', 'sum over its boards of log(1 + share / base rate)'],
  ['boardSupport', 'share', 'known boards of the Pin that the interest was seen on'],
  ['narrowBoardShare', 'share', 'of the Pins of its smallest board, those that have the interest'],
  ['narrowBoardTrust', 'log Pins', 'how many Pins of its smallest board were sampled'],
  ['broadBoardShare', 'share', 'of the Pins of its largest board, those that have the interest'],
  ['broadBoardTrust', 'log Pins', 'how many Pins of its largest board were sampled'],
  ['boardWordShareMax', 'share', "the greatest share among the words of its boards' names"],
  ['boardWordLiftSum', 'log lift', "sum of log lifts over the words of its boards' names"],
]);
