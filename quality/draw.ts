import { hashText } from '../shared/cooccurrence/hash.ts';

/** A number in [0, 1) that a name and a purpose always draw again. */
export function draw(name: string, purpose: string): number {
  return hashText(`${purpose}\n${name}`, 0x51) / 2 ** 53;
}
