import type { Engagement } from '../../pins/pin.ts';
import type { Feature, FeatureGroup } from '../feature.ts';
import { fillPerPin } from './per-pin.ts';

const count = (name: string, what: string): Feature => ({
  name,
  unit: 'log(1 + count)',
  meaning: what,
  lanes: ['batch'],
});
const share = (name: string, meaning: string): Feature => ({
  name,
  unit: 'share',
  meaning,
  lanes: ['batch'],
});

/** What people did with the Pin: nothing yet when it is created. */
export const engagement: FeatureGroup = {
  name: 'engagement',
  features: [
    count('saves', 'saves of the Pin'),
    count('clicks', 'clicks on the Pin'),
    count('closeups', 'closeups of the Pin'),
    count('impressions', 'impressions of the Pin: its popularity'),
    share('saveRate', 'saves per impression'),
    share('clickRate', 'clicks per impression'),
    share('femaleShare', 'of the engagement by users who gave a gender, that of women'),
    share('maleShare', 'of the engagement by users who gave a gender, that of men'),
  ],
  fill: (batch, _context, columns) => fillPerPin(batch, columns, (pin) => values(pin.engagement)),
};

function values(e: Engagement): number[] {
  return [
    logCount(e.saves),
    logCount(e.clicks),
    logCount(e.closeups),
    logCount(e.impressions),
    rate(e.saves, e.impressions),
    rate(e.clicks, e.impressions),
    e.femaleShare ?? NaN,
    e.maleShare ?? NaN,
  ];
}

function logCount(value: number | null): number {
  return value === null ? NaN : Math.log1p(value);
}

function rate(part: number | null, of: number | null): number {
  return part === null || of === null || of === 0 ? NaN : part / of;
}
