/** A picture: `data` holds width x height pixels row by row, three bytes each: red, green, blue. */
export interface RgbImage {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** The rectangle whose upper left corner is (left, top); throws where it leaves the image. */
export function crop(image: RgbImage, left: number, top: number, width: number, height: number): RgbImage {
  if (left < 0 || top < 0 || left + width > image.width || top + height > image.height) {
    throw new Error(`a ${width} x ${height} crop at (${left}, ${top}) leaves an image of ${image.width} x ${image.height}`)
  }
  const data = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * image.width + left) * 3
    data.set(image.data.subarray(from, from + width * 3), row * width * 3)
  }
  return { width, height, data }
}
