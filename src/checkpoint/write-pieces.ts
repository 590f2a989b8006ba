// Large files written piece by piece under a temporary name and renamed: never a second copy of the weights in memory, never half a file.
import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { writeFailure } from '../base/files.ts'

/** Writes the pieces in order, all of them or nothing. Throws UserError where the disk or the permissions refuse. */
export function writePiecesAtomically(path: string, pieces: Iterable<Uint8Array>): void {
  const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeThrough(temporary, pieces)
    renameSync(temporary, path)
  } catch (error) {
    if (existsSync(temporary)) rmSync(temporary)
    throw writeFailure(path, error)
  }
}

function writeThrough(path: string, pieces: Iterable<Uint8Array>): void {
  const file = openSync(path, 'wx')
  try {
    for (const piece of pieces) writeWhole(file, piece)
  } finally {
    closeSync(file)
  }
}

const largestWrite = 2 ** 28 // one system call takes less than 2 GiB

function writeWhole(file: number, piece: Uint8Array): void {
  let written = 0
  while (written < piece.length) written += writeSync(file, piece, written, Math.min(largestWrite, piece.length - written))
}

/** The bytes of a typed array, without a copy. */
export function bytesOf(array: Float32Array | Int32Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}
