import { P2iError } from '../../shared/errors/errors.ts';
import { MAX_ENGAGEMENTS } from './decay.ts';

export interface UserInterestsOptions {
  /** After so many ms an engagement counts half. After twenty of them it counts nothing. */
  halfLife: number;
  /**
   * So many engagements of a user count, the newest; all that a user did with a Pin within a half-life is one. At most 65,536.
   * Absent: 10,000.
   */
  engagementsPerUser?: number;
}

/** @throws P2iError CONFIG_INVALID */
export function engagementLimit({ engagementsPerUser = 10_000 }: UserInterestsOptions): number {
  const isLimit =
    Number.isInteger(engagementsPerUser) && engagementsPerUser > 0 && engagementsPerUser <= MAX_ENGAGEMENTS;
  if (!isLimit)
    throw new P2iError(
      'CONFIG_INVALID',
      `${engagementsPerUser} engagements a user is no integer from 1 to ${MAX_ENGAGEMENTS}`,
    );
  return engagementsPerUser;
}
