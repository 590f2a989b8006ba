// Series are told apart by colour, sign and dash together: the colours (Okabe and Ito) stay apart in every kind of colour blindness, the
// signs and dashes in print.

export interface Look {
  readonly colour: string
  readonly symbol: string
  readonly dash: 'solid' | 'dashed' | 'dotted' | readonly number[]
}

const looks: readonly Look[] = [
  { colour: '#0072b2', symbol: 'circle', dash: 'solid' },
  { colour: '#d55e00', symbol: 'rect', dash: [7, 3] },
  { colour: '#009e73', symbol: 'triangle', dash: [2, 2] },
  { colour: '#cc79a7', symbol: 'diamond', dash: [9, 3, 2, 3] },
  { colour: '#e69f00', symbol: 'roundRect', dash: [5, 2, 1, 2, 1, 2] },
  { colour: '#56b4e9', symbol: 'pin', dash: [12, 4] },
]

export const look = (series: number): Look => looks[series % looks.length]!

export const ink = '#222222'
export const pale = '#8a8a8a'
export const rule = '#dddddd'
/** What is right, and what is not: apart in lightness too. */
export const right = '#0072b2'
export const other = '#b8c4cc'

/** Noto Sans is in the PDF's fonts; a browser takes what it has. */
export const fontFamily = 'Noto Sans, Noto Sans TC, Noto Sans Math, Helvetica, Arial, sans-serif'
