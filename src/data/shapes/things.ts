// What the built-in world is made of: ten shapes in five colours and two sizes. Their order fixes the class numbers of problem 1.

export const shapes = ['circle', 'square', 'triangle', 'star', 'heart', 'cross', 'ring', 'diamond', 'moon', 'arrow'] as const
export const colours = ['red', 'green', 'blue', 'yellow', 'purple'] as const

export type Shape = (typeof shapes)[number]
export type Colour = (typeof colours)[number]
export type Size = 'small' | 'large'

/** A shape in a colour: one of the fifty classes. */
export interface Thing {
  readonly shape: Shape
  readonly colour: Colour
}

/** "red circle": the class name in `id2label.json` and in zero-shot templates. */
export function labelOf(thing: Thing): string {
  return `${thing.colour} ${thing.shape}`
}

/** The fifty things; a thing's index is its class number. */
export const things: readonly Thing[] = shapes.flatMap((shape) => colours.map((colour) => ({ shape, colour })))

/** Red, green and blue in 0..255, far enough apart to be told from each other on a grey of any brightness. */
export const pigments: Readonly<Record<Colour, readonly [number, number, number]>> = {
  red: [214, 38, 36],
  green: [38, 156, 60],
  blue: [40, 84, 220],
  yellow: [244, 208, 32],
  purple: [152, 52, 190],
}
