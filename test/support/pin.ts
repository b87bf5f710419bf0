import { NO_ENGAGEMENT, type Pin } from '../../shared/pins/pin.ts';

/** A Pin with nothing but what is given. */
export function pinOf(fields: Partial<Pin>): Pin {
  return {
    id: 'N00001',
    version: 1,
    createdAt: 0,
    title: '',
    description: '',
    language: null,
    annotations: [],
    boards: [],
    engagement: NO_ENGAGEMENT,
    kind: null,
    country: null,
    embedding: null,
    deleted: false,
    ...fields,
  };
}
