import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { EmbeddedLog } from '../../../../shared/stream/embedded/log.ts';
import { logConformance } from '../conformance.ts';

const scratch = mkdtempSync(join(tmpdir(), 'p2i-log-'));
after(() => rmSync(scratch, { recursive: true }));

logConformance('the embedded log', () => EmbeddedLog.open(mkdtempSync(join(scratch, 'log-'))));
