/**
 * `node --import tsx dev/bench/reload.ts [rounds]`: measures the seconds from a saved source to its first
 * reply under `npm run dev`. Works on a copy of the sources.
 */
import "../stack/separate-connections.ts";
import { startDevProcess } from "../wrangler/dev-process.ts";
import { sourceEdits, timeEdit } from "../wrangler/source-edit.ts";

const rounds = Number(process.argv[2] ?? 5);
const startedAt = Date.now();
const dev = await startDevProcess();
try {
  console.log(`start, with seed: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  for (const [name, edit] of Object.entries(sourceEdits)) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(...(await timeEdit(dev, edit, `edit${round}x`)));
    const sorted = times.toSorted((a, b) => a - b).map((ms) => (ms / 1000).toFixed(2));
    console.log(
      `${name}: median ${sorted[Math.floor(sorted.length / 2)]} s, ${sorted[0]} to ${sorted.at(-1)}`,
    );
  }
} catch (error) {
  console.error(dev.output());
  throw error;
} finally {
  await dev.stop();
}
