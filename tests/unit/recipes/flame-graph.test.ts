import { describe, expect, it } from 'vitest'
import { flameGraph, flameOf } from '../../../src/recipes/flame-graph.ts'

const root = flameOf('step', [
  { names: ['a', 'x'], milliseconds: 1 },
  { names: ['b<script>'], milliseconds: 6 },
  { names: ['a', 'y'], milliseconds: 2 },
  { names: ['a'], milliseconds: 1 },
])

describe('a flame graph', () => {
  it('joins what has one name, keeps the time spent outside of children, and begins with the longest', () => {
    expect(root).toEqual({
      name: 'step',
      milliseconds: 10,
      children: [
        { name: 'b<script>', milliseconds: 6, children: [] },
        {
          name: 'a',
          milliseconds: 4,
          children: [
            { name: 'y', milliseconds: 2, children: [] },
            { name: 'x', milliseconds: 1, children: [] },
          ],
        },
      ],
    })
  })

  it('draws boxes as wide as their time, over each other, and names nothing that a browser would execute', () => {
    const svg = flameGraph(root)
    const boxes = [...svg.matchAll(/<title>([^<]+)<\/title><rect x="([\d.]+)" y="(\d+)" width="([\d.]+)"/g)].map((match) =>
      match.slice(1),
    )
    expect(boxes).toEqual([
      ['step: 10.00 ms, 100.0 %', '10.0', '50', '1380.0'],
      ['b&lt;script&gt;: 6.00 ms, 60.0 %', '10.0', '30', '828.0'],
      ['a: 4.00 ms, 40.0 %', '838.0', '30', '552.0'],
      ['y: 2.00 ms, 20.0 %', '838.0', '10', '276.0'],
      ['x: 1.00 ms, 10.0 %', '1114.0', '10', '138.0'],
    ])
    expect(svg).not.toContain('<script>')
  })
})
