import { Session, type Profiler, type Runtime } from 'node:inspector';

/** What is on V8's heap. */
export interface HeapCount {
  bytes: number;
  objects: number;
}

/** Of the profile of the heap: @types/node has neither the ids nor the samples. */
interface HeapProfile {
  head: HeapNode;
  samples: { nodeId: number; size: number }[];
}

interface HeapNode {
  id: number;
  callFrame: Runtime.CallFrame;
  children: HeapNode[];
}

/** Microseconds between two samples of the CPU. */
const CPU_INTERVAL = 100;

/** As V8 names it in profiles. */
const GARBAGE_COLLECTOR = '(garbage collector)';

const session = new Session();

/**
 * The CPU time that a piece of work spends in the functions of one source file, and below them, by step: a step is a
 * function that they call, or, where they call none, the one of them that is at work itself. The garbage collector is a
 * step of its own.
 *
 * @param file end of its URL
 * @returns shares of that time, in [0, 1]
 */
export async function cpuSteps(file: string, work: () => void): Promise<Map<string, number>> {
  session.connect();
  await post('Profiler.enable');
  await post('Profiler.setSamplingInterval', { interval: CPU_INTERVAL });
  await post('Profiler.start');
  work();
  const { profile } = await post<Profiler.StopReturnType>('Profiler.stop');
  session.disconnect();

  const own = new Map<number, number>();
  profile.samples!.forEach((node, i) => own.set(node, (own.get(node) ?? 0) + profile.timeDeltas![i]));
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const times = new Map<string, number>();
  /** @param caller the function of the file that calls, or the step that was found */
  const visit = (
    { id, callFrame, children = [] }: Profiler.ProfileNode,
    caller = '',
    found = false,
  ): void => {
    const { functionName, url } = callFrame;
    const inFile = url.endsWith(file);
    const within = caller !== '' || inFile;
    // Built-in functions are a part of whoever calls them.
    const isStep = !found && (isSource(callFrame) || caller === '');
    const step = isStep ? functionName : caller;
    if (within || functionName === GARBAGE_COLLECTOR)
      times.set(step, (times.get(step) ?? 0) + (own.get(id) ?? 0));
    for (const child of children)
      visit(nodes.get(child)!, within ? step : '', found || (within && isStep && !inFile));
  };
  visit(profile.nodes[0]);
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  return new Map([...times].map(([step, time]) => [step, time / all]));
}

/** What a piece of work allocates on V8's heap, every object counted, by function. */
export async function heapAllocations(work: () => void): Promise<Map<string, HeapCount>> {
  session.connect();
  await post('HeapProfiler.startSampling', {
    // So small that an object without a sample is rare.
    samplingInterval: 1,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  work();
  const { profile } = await post<{ profile: HeapProfile }>('HeapProfiler.stopSampling');
  session.disconnect();

  const functions = new Map<number, string>();
  const visit = ({ id, callFrame, children }: HeapNode, caller: string): void => {
    const owner = isSource(callFrame) ? placeOf(callFrame) : caller;
    functions.set(id, owner);
    for (const child of children) visit(child, owner);
  };
  visit(profile.head, '');
  const counts = new Map<string, HeapCount>();
  for (const { nodeId, size } of profile.samples) {
    const name = functions.get(nodeId)!;
    const { bytes, objects } = counts.get(name) ?? { bytes: 0, objects: 0 };
    counts.set(name, { bytes: bytes + size, objects: objects + 1 });
  }
  return counts;
}

/** False for what is built into V8 or Node.js. */
function isSource({ url }: Runtime.CallFrame): boolean {
  return url.startsWith('file:');
}

/** `keep.ts:16 keepInterests` */
function placeOf({ functionName, url, lineNumber }: Runtime.CallFrame): string {
  return `${url.slice(url.lastIndexOf('/') + 1)}:${lineNumber + 1} ${functionName}`.trim();
}

/** Commands of the profilers are answered within the call. */
async function post<Answer>(method: string, parameters?: object): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    session.post(method, parameters, (error, answer) => {
      if (error) reject(error);
      else resolve(answer as Answer);
    });
  });
}
