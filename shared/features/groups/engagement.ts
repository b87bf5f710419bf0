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
  fill: (batch, _context, columns) => fillPerPin(batch, columns, (pin, into) => write(pin.engagement, into)),
};

function write(e: Engagement, into: Float32Array): void {
  into[0] = logCount(e.saves);
  into[1] = logCount(e.clicks);
  into[2] = logCount(e.closeups);
  into[3] = logCount(e.impressions);
  into[4] = rate(e.saves, e.impressions);
  into[5] = rate(e.clicks, e.impressions);
  into[6] = e.femaleShare ?? NaN;
  into[7] = e.maleShare ?? NaN;
}

function logCount(value: number | null): number {
  return value === null ? NaN : Math.log1p(value);
}

function rate(part: number | null, of: number | null): number {
  return part === null || of === null || of === 0 ? NaN : part / of;
}
