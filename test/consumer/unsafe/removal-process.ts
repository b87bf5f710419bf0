import { UnsafeRemoval } from '../../../consumer/unsafe/removal.ts';
import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import { registry } from '../../workers/made.ts';
import { LOUD, POLICIES } from './made.ts';

// Applies a policy to the log in the directory it is given, to its end or until it is killed; says when it begins, and
// each time that it has committed changes.
const [directory, revision] = process.argv.slice(2);
const log = await EmbeddedLog.open(directory);
const policy = POLICIES[Number(revision) - 1];
const removal = await UnsafeRemoval.open({ log, registry }, { policy, ...LOUD });
process.stdout.write('begun\n');
for await (const changes of removal.run({ until: 'now' })) process.stdout.write(`${changes.length}\n`);
await removal.close();
await log.close();
