/**
 * The fused path on Pins in other languages against the same Pins in English: three stages in memory, from Pins to their
 * interests, on one thread. Every Pin is about interests of the Shopify taxonomy, by the names that these have in its language;
 * the languages are the shipped ones, the generation has learned the English Pins. Once more without the language field, so
 * that the language must be identified, and with a generation that has learned nothing. All words and all runs of letters without
 * spaces are known when the rounds begin, so that segmenting these is not measured; rounds alternate, and CPU time counts. Usage: node bench/languages.ts [--json]
 */
import { PATHS } from '../cli/paths.ts';
import { loadTextModels } from '../cli/text-models.ts';
import { inBatches } from '../quality/batches.ts';
import { factsOf, generationOf } from '../quality/corpus-facts.ts';
import { emptyGeneration } from '../shared/cooccurrence/generation.ts';
import type { Pin } from '../shared/pins/pin.ts';
import { RankingModel } from '../shared/ranking/ranking-model.ts';
import { ENGLISH } from '../shared/translation/languages.ts';
import { taxonomyArtefacts } from '../workers/artefacts.ts';
import { LexicalEvidence, PinText } from '../workers/candidates/lexical.ts';
import { median, round } from './support/figures.ts';
import { FusedPath } from './support/fused-path.ts';
import { runBenchmark, type Claim, type Report } from './support/report.ts';
import { TranslatedPins } from './support/translated-pins.ts';

const LANGUAGES = { ja: 'Japanese', th: 'Thai', de: 'German', fi: 'Finnish' };
const TAGS = Object.keys(LANGUAGES) as (keyof typeof LANGUAGES)[];

/** Passes over all Pins before the first round: caches are full after one, machine code is settled after some more. */
const WARM_UP_PASSES = 3;
const ROUNDS = 7;

/** Share of the throughput of English that each has to reach: half. Thai does not yet in every run: its words are short and many. */
const LEAST: Readonly<Record<keyof typeof LANGUAGES, number>> = { ja: 0.5, th: 0.35, de: 0.5, fi: 0.5 };

/** What is measured of each; the parts of candidate generation are done once more, by themselves. */
const PHASES = ['candidates', 'features', 'ranking', 'candidates: texts', 'candidates: matches'] as const;
const STAGES = 3;

/** Pins of one language that do or do not state it. */
interface Group {
  tag: string;
  states: boolean;
  batches: Pin[][];
  /** By phase and round: microseconds a Pin. */
  times: number[][];
}

type Row = Record<string, string | number>;

await runBenchmark(async (): Promise<Report> => {
  const translated = await TranslatedPins.open(TAGS);
  const { taxonomy } = translated;
  const artefacts = taxonomyArtefacts(taxonomy, await loadTextModels());
  const model = await RankingModel.load(PATHS.model);
  const learned = generationOf(factsOf(translated.in(ENGLISH, true), artefacts), taxonomy);
  const text = new PinText(artefacts.languages);
  const evidence = new LexicalEvidence(artefacts.lexicalIndex, artefacts.wordOverlap, taxonomy.size);
  const claims: Claim[] = [];
  const tables: Record<string, Row[]> = {};
  for (const generation of [learned, emptyGeneration(taxonomy)]) {
    const path = new FusedPath(artefacts, generation, model);
    const groups = [true, false].flatMap((states) =>
      [ENGLISH, ...TAGS].map((tag): Group => {
        const batches = [...inBatches(translated.in(tag, states))];
        return { tag, states, batches, times: PHASES.map(() => []) };
      }),
    );
    const pass = (group: Group): number[] => phasesOf(group.batches, path, text, evidence);
    for (let i = 0; i < WARM_UP_PASSES; i++) groups.forEach(pass);
    for (let i = 0; i < ROUNDS; i++)
      for (const group of i % 2 === 0 ? groups : groups.toReversed())
        pass(group).forEach((time, phase) => group.times[phase].push(time));
    if (generation === learned) claims.push(...claimsOf(groups));
    const pins = groups[0].batches.flat().length;
    const title = generation === learned ? 'a generation that has learned them' : 'an empty generation';
    tables[`${pins} Pins a language, ${ROUNDS} rounds, ${title}`] = groups.map((group) =>
      rowOf(group, groups),
    );
  }
  return { claims, tables };
});

/** @returns microseconds of CPU a Pin, by phase */
function phasesOf(
  batches: readonly Pin[][],
  path: FusedPath,
  text: PinText,
  evidence: LexicalEvidence,
): number[] {
  const sums = PHASES.map(() => 0);
  let pins = 0;
  const timed = <T>(phase: (typeof PHASES)[number], work: () => T): T => {
    const before = process.cpuUsage();
    const made = work();
    const { user, system } = process.cpuUsage(before);
    sums[PHASES.indexOf(phase)] += user + system;
    return made;
  };
  for (const batch of batches) {
    pins += batch.length;
    const candidates = timed('candidates', () => path.candidates.process({ pins: batch }));
    const features = timed('features', () => path.features.process(candidates));
    timed('ranking', () => path.ranking.process(features));
    for (const pin of batch) {
      timed('candidates: texts', () => text.read(pin));
      timed('candidates: matches', () => evidence.match(text, pin));
      evidence.clear();
    }
  }
  return sums.map((sum) => sum / pins);
}

/** Microseconds a Pin, by round. */
function totals({ times }: Group): number[] {
  return times[0].map((_, i) => times.slice(0, STAGES).reduce((sum, phase) => sum + phase[i], 0));
}

/** Its throughput as a share of that of the English Pins of the same kind. */
function ratioOf(group: Group, groups: readonly Group[]): number {
  const english = groups.find(({ tag, states }) => tag === ENGLISH && states === group.states)!;
  const own = totals(group);
  return round(median(totals(english).map((time, i) => time / own[i])));
}

function claimsOf(groups: readonly Group[]): Claim[] {
  return groups
    .filter(({ tag }) => tag !== ENGLISH)
    .map((group) => ({
      name: `Pins/s, ${LANGUAGES[group.tag as keyof typeof LANGUAGES]} against English${group.states ? '' : ', language not stated'}`,
      ...{
        value: ratioOf(group, groups),
        unit: '×',
        atLeast: LEAST[group.tag as keyof typeof LANGUAGES],
        gated: true,
      },
    }));
}

function rowOf(group: Group, groups: readonly Group[]): Row {
  const phases = PHASES.map((phase, p) => [`${phase}, µs`, round(median(group.times[p]))]);
  return {
    ...{ language: group.tag, stated: group.states ? 'yes' : 'no' },
    'Pins/s': Math.round(1e6 / median(totals(group))),
    'of English': ratioOf(group, groups),
    ...(Object.fromEntries(phases) as Row),
  };
}
