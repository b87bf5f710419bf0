import { EmbeddedLog } from '../../../shared/stream/embedded/log.ts';
import { planRedrive, redrive } from '../../../workers/dead-letters/redrive.ts';
import { registry } from '../../shared/stream/toy.ts';
import { sourceOf } from './made.ts';

// Redrives all letters of the log in the directory it is given, until it is killed.
const log = await EmbeddedLog.open(process.argv[2]);
const plan = await planRedrive(sourceOf(log), {}, { maxAttempts: 3 });
process.stdout.write('planned\n');
await redrive({ log, registry }, plan);
await log.close();
