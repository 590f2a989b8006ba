// Photographs from JPEG files to a model's normalised pixels: `photographs.ts FOLDER THREADS` is a contestant of its own, because it
// needs no engine. Started by features.ts.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { preprocessedImages } from '../src/data/preprocessed.ts'
import { clipColours } from '../src/models/pretrained.ts'
import { takeTurns } from './turns.ts'

const [folder, threads] = process.argv.slice(2) as [string, string]
const paths = readdirSync(folder)
  .sort()
  .map((name) => join(folder, name))

// One list for all repetitions, for threads are started once in a run; none of it is made ahead, in the others' turns.
const repetitions = Array.from({ length: 1000 }, () => paths).flat()
const images = preprocessedImages(repetitions, { size: 224, ...clipColours }, { threads: Number(threads), ahead: 0 })
await takeTurns(() => images.take(paths.length), { photographs: paths.length, threads: Number(threads) })
await images.close()
