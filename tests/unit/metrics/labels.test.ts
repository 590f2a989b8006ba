import { describe, expect, it } from 'vitest'
import { checkLabels, labelInName } from '../../../src/metrics/labels.ts'

const classes = new Map([
  [0, 'bicycle'],
  [1, 'chair'],
])
const check = (text: string) => checkLabels(text, 'pred.csv', classes)

describe('a CSV of labels', () => {
  it('is read with either line end, with quotes, and with a byte order mark', () => {
    const { labels, errors } = check('\ufefffilename,label\r\n0_1.png,1\r\n"1_7.png",0\n')
    expect(labels).toEqual({ '0_1.png': '1', '1_7.png': '0' })
    expect(errors).toEqual([])
  })

  it('gets a sentence with its line for each thing that is wrong', () => {
    const { labels, files, errors } = check('file,label\n0_1.png,bicycle\n0_2.png,7\nfoo\n0_3.png,0\n0_3.png,1\n')
    expect(errors).toEqual([
      'pred.csv:1: the first line is "file,label"; "filename,label" is needed.',
      'pred.csv:2: `0_1.png` has the label "bicycle"; a class number is needed.',
      'pred.csv:3: `0_2.png` has the label 7, which is no class of the list.',
      'pred.csv:4: the line is "foo"; a file name, a comma and a class number are needed.',
      'pred.csv:6: `0_3.png` occurs more than once; one line for each image is needed.',
    ])
    expect(labels).toEqual({ '0_3.png': '0' })
    expect(files).toEqual(['0_1.png', '0_2.png', '0_3.png'])
  })

  it('takes any number where no list of classes is given', () => {
    expect(checkLabels('filename,label\n0_1.png,007\n', 'x').labels).toEqual({ '0_1.png': '7' })
  })
})

describe('the class in a name', () => {
  it('is the number before the first underscore', () => {
    expect(['40_454.png', '07_1.png', 'dog.png', '_1.png'].map(labelInName)).toEqual(['40', '7', undefined, undefined])
  })
})
