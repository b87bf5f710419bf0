import { MemoryStore } from '../../../shared/store/memory.ts';
import { describeStore } from './conformance.ts';

describeStore('the store in memory', () => new MemoryStore());
