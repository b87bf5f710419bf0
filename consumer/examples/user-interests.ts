/**
 * U2I: the interests of users, kept up with results as they come. The boards of the bundled sample stand for users, who
 * have saved half of their Pins; their interests are held to what people said of the other half.
 */
import { Option } from 'commander';
import { P2iError, UserInterests, type P2iConsumer, type ScoredInterest } from 'p2i/consumer';
import { countOf, formatTable, print, printJson, warn } from '../../cli/output.ts';
import { PATHS } from '../../cli/paths.ts';
import { readTate } from '../../shared/pins/tate.ts';
import { runExample } from './support/example.ts';
import { interestTable } from './support/interest-table.ts';
import { boardUsers, engage, type BoardUser } from './user-interests/boards.ts';
import { evaluateUsers, judgedUsers, type Figures } from './user-interests/evaluation.ts';

interface Options {
  board?: string;
  json?: true;
}

const DAY = 86_400_000;
const HALF_LIFE = 30 * DAY;
/** When the Pins were saved, which the sample does not say, and when interests are asked for. */
const NOW = Date.UTC(2020, 0, 1);
/** Interests of a user that are shown. */
const SHOWN = 10;

await runExample<Options>({
  name: 'user-interests',
  description: 'rank the interests of users (boards of the sample), and hold them to what is saved later',
  usage: 'npm run example -- user-interests --board artist:558',
  options: [
    new Option('--board <id>', 'the user that is shown; absent: the first of whom enough is known'),
    new Option('--json', 'print one JSON document'),
  ],
  async run(p2i, { board, json }) {
    const { taxonomy, pins, labels, split } = await readTate(PATHS.tate);
    const users = boardUsers(pins);
    const { interests, results } = await follow(p2i, users);
    const interestsOf = (user: string): ScoredInterest[] => interests.interestsOf(user, NOW);
    const unseen = new Set([...split.valid, ...split.test]);
    const figures = evaluateUsers(users, results, interestsOf, { taxonomy, labels, unseen });
    const shown = shownUser(users, board) ?? judgedUsers(users, results, labels).at(0);
    const best = shown && interestsOf(shown.id).slice(0, SHOWN);
    if (json) printJson({ figures, ...(shown && { user: shown.id, interests: best }) });
    else {
      if (shown && best) printUser(shown, best);
      printFigures(figures);
    }
  },
});

/** Feeds what the users did, and every result that is there. */
async function follow(
  p2i: P2iConsumer,
  users: readonly BoardUser[],
): Promise<{ interests: UserInterests; results: ReadonlyMap<string, readonly ScoredInterest[]> }> {
  const taxonomy = await p2i.taxonomy({ onInvalid: warn });
  const interests = new UserInterests(taxonomy.newest, { halfLife: HALF_LIFE });
  const results = new Map<string, readonly ScoredInterest[]>();
  engage(interests, users, NOW);
  for await (const { updates } of p2i.results.follow({ until: 'now', onUnreadable: warn })) {
    for (const succession of await taxonomy.takeUp(updates)) {
      interests.succeed(succession);
      for (const [pin, before] of results) results.set(pin, succession.carry(before));
    }
    for (const update of updates) {
      const change = taxonomy.change(update, interests.taxonomyOf(update.pin));
      if (change === undefined) continue;
      interests.changed(change);
      if (change.interests === null) results.delete(change.pin);
      else results.set(change.pin, change.interests);
    }
  }
  return { interests, results };
}

function shownUser(users: readonly BoardUser[], board: string | undefined): BoardUser | undefined {
  if (board === undefined) return undefined;
  const user = users.find(({ id }) => id === board);
  if (user === undefined) throw new P2iError('CONFIG_INVALID', `--board: the sample has no board ${board}`);
  return user;
}

function printUser({ id, name, saved }: BoardUser, interests: readonly ScoredInterest[]): void {
  print(`${id} (${name}), from ${countOf(saved.length, 'saved Pin', 'saved Pins')}:`);
  print(interestTable(interests), '');
}

function printFigures(figures: readonly Figures[]): void {
  if (figures.length === 0) {
    print('No board has ten Pins with results in either half.');
    return;
  }
  print('What people said of the Pins that were saved later, NDCG@10 by …');
  const header = ['judged', 'users', 'own interests', 'popularity', 'counted', 'own beat popularity'];
  const rows = figures.map(({ judged, users, own, popular, counted, wins }) => [
    ...[judged, users],
    ...[own, popular, counted].map((ndcg) => ndcg.toFixed(3)),
    `${(100 * wins).toFixed(1)} %`,
  ]);
  print(formatTable(header, rows));
}
