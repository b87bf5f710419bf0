/**
 * Writes WebAssembly modules byte by byte: just the part of the format (WebAssembly core specification 2.0, chapter 5)
 * that the engine uses. One memory, exported as `memory`; no imports, tables, globals or data segments.
 */

export const I32 = 0x7f;
export const F32 = 0x7d;
export const V128 = 0x7b;
export type ValueType = typeof I32 | typeof F32 | typeof V128;

const NO_RESULT = 0x40;
const SIMD = 0xfd;

/** Instructions without an immediate, by their names in the text format. */
const PLAIN = {
  else: [0x05],
  end: [0x0b],
  'i32.eqz': [0x45],
  'i32.lt_u': [0x49],
  'i32.and': [0x71],
  'i32.xor': [0x73],
  'i32.add': [0x6a],
  'i32.sub': [0x6b],
  'i32.mul': [0x6c],
  'i32.shl': [0x74],
  'i32.popcnt': [0x69],
  'f32.gt': [0x5e],
  'i32.trunc_sat_f32_s': [0xfc, 0x00],
  'i8x16.splat': [SIMD, 0x0f],
  'f32x4.splat': [SIMD, 0x13],
  'i8x16.eq': [SIMD, 0x23],
  'i8x16.gt_s': [SIMD, 0x27],
  'i32x4.eq': [SIMD, 0x37],
  'f32x4.lt': [SIMD, 0x43],
  'f32x4.gt': [SIMD, 0x44],
  'v128.and': [SIMD, 0x4e],
  'v128.bitselect': [SIMD, 0x52],
  'i8x16.bitmask': [SIMD, 0x64],
  'i8x16.narrow_i16x8_s': [SIMD, 0x65],
  'i8x16.sub': [SIMD, 0x71],
  'i8x16.max_u': [SIMD, 0x79],
  'i16x8.narrow_i32x4_s': [SIMD, 0x85, 0x01],
  'i32x4.all_true': [SIMD, 0xa3, 0x01],
  'i32x4.add': [SIMD, 0xae, 0x01],
  'i32x4.dot_i16x8_s': [SIMD, 0xba, 0x01],
  'f32x4.abs': [SIMD, 0xe0, 0x01],
  'f64x2.add': [SIMD, 0xf0, 0x01],
} as const;

/** Loads and stores; the address is on the stack, a constant is added to it. No alignment is promised. */
const MEMORY = {
  'i32.load': [0x28],
  'f32.load': [0x2a],
  'i32.load8_u': [0x2d],
  'i32.store': [0x36],
  'i32.store8': [0x3a],
  'v128.load': [SIMD, 0x00],
  'v128.load8x8_s': [SIMD, 0x01],
  'v128.load32_splat': [SIMD, 0x09],
  'v128.load64_zero': [SIMD, 0x5d],
  'v128.store': [SIMD, 0x0b],
} as const;

/** The body of one function. Every method appends one instruction and returns the code itself. */
export class Code {
  readonly bytes: number[] = [];

  op(name: keyof typeof PLAIN): this {
    this.bytes.push(...PLAIN[name]);
    return this;
  }

  memory(name: keyof typeof MEMORY, offset = 0): this {
    this.bytes.push(...MEMORY[name], 0);
    pushUnsigned(this.bytes, offset);
    return this;
  }

  /** Fills one 64-bit lane of the vector on the stack from memory. Stack: address, vector. */
  load64Lane(lane: 0 | 1, offset = 0): this {
    this.bytes.push(SIMD, 0x57, 0);
    pushUnsigned(this.bytes, offset);
    this.bytes.push(lane);
    return this;
  }

  i32(value: number): this {
    this.bytes.push(0x41);
    pushSigned(this.bytes, value);
    return this;
  }

  f32(value: number): this {
    this.bytes.push(0x43, ...new Uint8Array(littleEndianFloat(value)));
    return this;
  }

  get(local: number): this {
    return this.#indexed(0x20, local);
  }

  set(local: number): this {
    return this.#indexed(0x21, local);
  }

  tee(local: number): this {
    return this.#indexed(0x22, local);
  }

  call(functionIndex: number): this {
    return this.#indexed(0x10, functionIndex);
  }

  loop(): this {
    this.bytes.push(0x03, NO_RESULT);
    return this;
  }

  block(): this {
    this.bytes.push(0x02, NO_RESULT);
    return this;
  }

  /** @param result what both branches push; nothing by default */
  if(result: ValueType | typeof NO_RESULT = NO_RESULT): this {
    this.bytes.push(0x04, result);
    return this;
  }

  /** Leaves `depth` enclosing blocks, or goes to the top of the loop that is there. */
  branch(depth: number): this {
    return this.#indexed(0x0c, depth);
  }

  branchIf(depth: number): this {
    return this.#indexed(0x0d, depth);
  }

  #indexed(opcode: number, index: number): this {
    this.bytes.push(opcode);
    pushUnsigned(this.bytes, index);
    return this;
  }
}

interface FunctionDefinition {
  params: readonly ValueType[];
  locals: readonly ValueType[];
  code: Code;
  exportName: string | undefined;
}

/** Collects functions (none of them returns a value) and writes the module. */
export class ModuleBuilder {
  readonly #functions: FunctionDefinition[] = [];

  /** @returns the function's index, for `Code.call` */
  add(params: readonly ValueType[], locals: readonly ValueType[], code: Code, exportName?: string): number {
    return this.#functions.push({ params, locals, code, exportName }) - 1;
  }

  /** @param pages size of the memory in units of 64 KiB */
  encode(pages: number): Uint8Array<ArrayBuffer> {
    const functions = this.#functions;
    const types = functions.map(({ params }) => [0x60, ...vector(params.map((type) => [type])), 0]);
    const exports = [[...name('memory'), 0x02, 0]];
    functions.forEach(({ exportName }, index) => {
      if (exportName !== undefined) exports.push([...name(exportName), 0x00, ...unsigned(index)]);
    });
    return concatenate([
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      ...section(1, [vector(types)]),
      ...section(3, [vector(functions.map((_, index) => unsigned(index)))]),
      ...section(5, [vector([[0x01, ...unsigned(pages), ...unsigned(pages)]])]),
      ...section(7, [vector(exports)]),
      ...section(10, [unsigned(functions.length), ...functions.flatMap(encodeBody)]),
    ]);
  }
}

function encodeBody({ locals, code }: FunctionDefinition): readonly (readonly number[])[] {
  const head = vector(locals.map((type) => [1, type]));
  return [unsigned(head.length + code.bytes.length + 1), head, code.bytes, PLAIN.end];
}

/** A section keeps its parts apart until the end, as spreading megabytes of code would overflow the stack. */
function section(id: number, parts: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [[id, ...unsigned(length)], ...parts];
}

function concatenate(parts: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function name(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [...unsigned(bytes.length), ...bytes];
}

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  pushUnsigned(bytes, value);
  return bytes;
}

/** LEB128 of a value in [0, 2^32). */
function pushUnsigned(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
}

/** Signed LEB128 of an int32. */
function pushSigned(bytes: number[], value: number): void {
  let rest = value;
  while (rest < -0x40 || rest >= 0x40) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  bytes.push(rest & 0x7f);
}

function littleEndianFloat(value: number): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value, true);
  return view.buffer;
}
