import type { RgbImage } from '../../../src/images/rgb-image.ts'

/** The noise of tests/fixtures/images/make-images.py: the bytes of a 32-bit xorshift. */
export function noise(width: number, height: number): RgbImage {
  let state = 2463534242
  const data = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (state ^ (state << 13)) >>> 0
    state = (state ^ (state >>> 17)) >>> 0
    state = (state ^ (state << 5)) >>> 0
    return (state >>> 11) & 255
  })
  return { width, height, data }
}
