/** A picture: `data` holds width x height pixels row by row, three bytes each: red, green, blue. */
export interface RgbImage {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** A part of a picture: its upper left corner and its sides, in pixels. */
export interface Rectangle {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Throws where the rectangle leaves an image of the given sides. */
export function requireWithin({ left, top, width, height }: Rectangle, image: { width: number; height: number }): void {
  if (left < 0 || top < 0 || left + width > image.width || top + height > image.height)
    throw new Error(`a ${width} x ${height} crop at (${left}, ${top}) leaves an image of ${image.width} x ${image.height}`)
}

/** The part of the image inside the rectangle; throws where it leaves the image. */
export function crop(image: RgbImage, part: Rectangle): RgbImage {
  requireWithin(part, image)
  const { left, top, width, height } = part
  const data = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * image.width + left) * 3
    data.set(image.data.subarray(from, from + width * 3), row * width * 3)
  }
  return { width, height, data }
}
