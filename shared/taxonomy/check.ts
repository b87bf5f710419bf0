import { isUtf8 } from 'node:buffer';
import { MAX_LEVEL, parseInterestLine, type Interest } from './interest.ts';

/** Something about one line of a taxonomy file, for a person to read. `line` counts from 1; 0 is the whole file. */
export interface TaxonomyRemark {
  line: number;
  message: string;
}

/** What a taxonomy file says, and all that is wrong with it, in the order of the lines. */
export interface TaxonomyCheck {
  /** The interests that were understood; a valid taxonomy if and only if `problems` is empty. */
  interests: Interest[];
  /** The line of each of the interests. */
  lines: number[];
  problems: TaxonomyRemark[];
  /** Doubtful but legal: unknown fields. */
  warnings: TaxonomyRemark[];
}

interface Entry {
  interest: Interest;
  line: number;
  claimedLevel: number | undefined;
}

const LINE_FEED = 0x0a;

/**
 * Reads a taxonomy's JSONL (docs/taxonomy.md) and reports every problem at once. Never throws. Parents may come
 * after their children; blank lines are skipped. Time and memory are linear in the file.
 *
 * @param labelOf what the messages call an interest, by its id
 */
export function checkTaxonomy(
  bytes: Uint8Array,
  labelOf: (id: number) => string = (id) => String(id),
): TaxonomyCheck {
  const problems = notUtf8(bytes);
  const warnings: TaxonomyRemark[] = [];
  const entries = new Map<number, Entry>();

  const texts = new TextDecoder().decode(bytes).split('\n');
  for (const [i, text] of texts.entries()) {
    if (text.trim() === '') continue;
    const line = i + 1;
    const parsed = parseInterestLine(text);
    for (const message of parsed.problems) problems.push({ line, message });
    for (const message of parsed.warnings) warnings.push({ line, message });
    const interest = parsed.interest;
    if (!interest) continue;
    const first = entries.get(interest.id);
    if (first)
      problems.push({ line, message: `the id ${labelOf(interest.id)} is already on line ${first.line}` });
    else entries.set(interest.id, { interest, line, claimedLevel: parsed.claimedLevel });
  }
  if (entries.size === 0 && problems.length === 0)
    problems.push({ line: 0, message: 'the file has no interests' });

  checkTree(entries, problems, labelOf);
  problems.sort((a, b) => a.line - b.line);
  const found = [...entries.values()];
  return {
    interests: found.map((entry) => entry.interest),
    lines: found.map((entry) => entry.line),
    problems,
    warnings,
  };
}

function notUtf8(bytes: Uint8Array): TaxonomyRemark[] {
  const remarks: TaxonomyRemark[] = [];
  if (isUtf8(bytes)) return remarks;
  for (let line = 1, start = 0; start < bytes.length; line++) {
    let end = bytes.indexOf(LINE_FEED, start);
    if (end < 0) end = bytes.length;
    if (!isUtf8(bytes.subarray(start, end))) remarks.push({ line, message: 'the line is not UTF-8' });
    start = end + 1;
  }
  return remarks;
}

/** A chain that never reaches a root, because of a cycle or an unknown parent, has no level. */
const NO_LEVEL = -1;

function checkTree(
  entries: ReadonlyMap<number, Entry>,
  problems: TaxonomyRemark[],
  labelOf: (id: number) => string,
): void {
  const levels = new Map<number, number>();
  for (const id of entries.keys()) {
    if (!levels.has(id)) findLevel(id, entries, levels, problems, labelOf);
  }

  for (const [id, { line, claimedLevel }] of entries) {
    const level = levels.get(id)!;
    if (level === NO_LEVEL) continue;
    if (level > MAX_LEVEL)
      problems.push({
        line,
        message: `interest ${labelOf(id)} is at level ${level}; the deepest is ${MAX_LEVEL}`,
      });
    if (claimedLevel !== undefined && claimedLevel !== level)
      problems.push({
        line,
        message: `interest ${labelOf(id)} says level ${claimedLevel} but is at level ${level}`,
      });
  }
}

/** Walks up from `id` to what is known, then fills in the levels down again; no recursion, so any depth is safe. */
function findLevel(
  id: number,
  entries: ReadonlyMap<number, Entry>,
  levels: Map<number, number>,
  problems: TaxonomyRemark[],
  labelOf: (id: number) => string,
): void {
  const chain: number[] = [];
  const placeInChain = new Map<number, number>();
  let level = 0;
  let at: number | null = id;
  while (at !== null) {
    const known = levels.get(at);
    if (known !== undefined) {
      level = known;
      break;
    }
    const seenAt = placeInChain.get(at);
    if (seenAt !== undefined) {
      problems.push(cycleRemark(chain.slice(seenAt), entries, labelOf));
      level = NO_LEVEL;
      break;
    }
    placeInChain.set(at, chain.length);
    chain.push(at);
    const { interest, line }: Entry = entries.get(at)!;
    if (interest.parent !== null && !entries.has(interest.parent)) {
      const message = `interest ${labelOf(at)} has the unknown parent ${labelOf(interest.parent)}`;
      problems.push({ line, message });
      level = NO_LEVEL;
      break;
    }
    at = interest.parent;
  }
  for (const member of chain.reverse()) {
    if (level !== NO_LEVEL) level++;
    levels.set(member, level);
  }
}

const CYCLE_MEMBERS_SHOWN = 12;

function cycleRemark(
  members: number[],
  entries: ReadonlyMap<number, Entry>,
  labelOf: (id: number) => string,
): TaxonomyRemark {
  const lineOf = (id: number): number => entries.get(id)!.line;
  const first = members.reduce((a, b) => (lineOf(b) < lineOf(a) ? b : a));
  const at = members.indexOf(first);
  const turned = [...members.slice(at), ...members.slice(0, at)];
  const shown = turned.slice(0, CYCLE_MEMBERS_SHOWN).map(labelOf).join(' → ');
  const more = turned.length > CYCLE_MEMBERS_SHOWN ? ` → (${turned.length - CYCLE_MEMBERS_SHOWN} more)` : '';
  return { line: lineOf(first), message: `the parents form a cycle: ${shown}${more} → ${labelOf(first)}` };
}
