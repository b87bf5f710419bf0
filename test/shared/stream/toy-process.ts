import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import { runToEnd } from '../../../shared/stream/run.ts';
import { toyPumps } from './toy.ts';

// Runs the toy pipeline on the log in the directory it is given, to its end or until it is killed.
const log = await EmbeddedLog.open(process.argv[2]);
process.stdout.write('open\n');
await runToEnd(await toyPumps(log, process.argv[3] === 'fused' ? 'fused' : 'chained'));
await log.close();
