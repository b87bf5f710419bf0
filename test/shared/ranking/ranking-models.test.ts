import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PATHS } from '../../../cli/paths.ts';
import { MANIFEST_FILE, RankingModel, type ModelManifest } from '../../../shared/ranking/ranking-model.ts';
import { RankingModels } from '../../../shared/ranking/ranking-models.ts';
import { ofCode } from '../../support/assertions.ts';
import { received } from '../../support/received.ts';

describe('the ranking models of a worker', () => {
  let directory: string;
  let served: RankingModel;
  let tried: RankingModel;
  let models: RankingModels;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'p2i-models-'));
    models = await RankingModels.load([PATHS.model, PATHS.heldOutModel]);
    [served, tried] = await Promise.all(
      [PATHS.model, PATHS.heldOutModel].map((path) => RankingModel.load(path)),
    );
  });
  after(() => rm(directory, { recursive: true }));

  test('are found by version; where none is named it is the first', () => {
    assert.deepEqual(models.versions(), [served.version, tried.version]);
    for (const held of [models, RankingModels.from(received(models.shared()))]) {
      assert.equal(held.named(served.version).version, served.version);
      assert.equal(held.named(tried.version).version, tried.version);
      assert.equal(held.named(undefined).version, served.version);
      assert.throws(
        () => held.named('other'),
        ofCode('MODEL_UNKNOWN', new RegExp(`names other; .* holds ${served.version}, ${tried.version}$`)),
      );
    }
  });

  test('are each of another version: the same model twice is refused, under whatever name', async () => {
    const copy = join(directory, 'copy');
    await cp(PATHS.model, copy, { recursive: true });
    for (const [one, other] of [
      [PATHS.model, PATHS.model],
      [copy, PATHS.model],
    ] as const) {
      await assert.rejects(RankingModels.load([one, PATHS.heldOutModel, other]), {
        code: 'CONFIG_INVALID',
        message: `--model: ${one} and ${other} hold the same model, ${served.version}`,
      });
    }
    // What is kept is a part of a model: another threshold is another version.
    const manifest = JSON.parse(await readFile(join(copy, MANIFEST_FILE), 'utf8')) as ModelManifest;
    const other = { ...manifest, keep: { ...manifest.keep, threshold: 0.9 } };
    await writeFile(join(copy, MANIFEST_FILE), JSON.stringify(other));
    assert.equal((await RankingModels.load([PATHS.model, copy])).versions().length, 2);
  });

  test('are all there, or none is: a directory without one is named', async () => {
    await assert.rejects(RankingModels.load([PATHS.model, directory]), ofCode('MODEL_INVALID', /model\.\w+/));
  });
});
