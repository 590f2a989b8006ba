// The course of metrics over training, one chart for each, the attempts beside each other in it.
import { percent } from '../../src/tables/format.ts'
import { cell, harmless, type Table } from '../../src/tables/table.ts'
import { lineChart, type LineChart } from '../charts/line-chart.ts'
import { lineChartOnPage } from '../charts/page-charts.ts'
import { svgPage } from '../charts/page.ts'
import { markOf, paintSeries } from '../charts/series-look.ts'
import { bodySize, type Model, type Size } from '../model.ts'
import { accented, bold, dim, inverse } from '../style.ts'
import { apart, cutTo, fitted, wrapped } from '../text.ts'
import type { View } from '../view.ts'
import { comparedAttempts } from './compared-attempts.ts'
import { namesOf } from './compared.ts'
import { curvesBindings } from './curves-bindings.ts'
import { curveCharts, curvesMissing, curvesNeeds, gridFor, knownMetrics, shownMetrics, wholeCurves } from './curves-charts.ts'

export const curvesView: View = {
  ...{ name: 'curves', title: 'Curves', key: '3', lines: curvesLines, bindings: curvesBindings },
  needs: curvesNeeds,
  table: curvesTable,
  page: curvesPage,
}

function curvesLines(model: Model, size: Size): string[] {
  const known = knownMetrics(model)
  if (known === undefined) return [dim('reading curves …')]
  if (known.length === 0) return ['', 'No numbers yet: these runs have not logged any.']
  if (model.curves.choosing !== undefined) return choiceLines(model, known, size)
  const space = chartSpace(model, size)
  const metrics = shownMetrics(model, space)
  return [
    statusLine(model, metrics, size),
    ...chartLines(curveCharts(model, metrics), space),
    ...legendLines(model, size.columns),
  ]
}

/** What is left for charts: one line above, the names below. */
function chartSpace(model: Model, { columns, rows }: Size): Size {
  return { columns, rows: rows - 1 - legendLines(model, columns).length }
}

function statusLine(model: Model, metrics: readonly string[], size: Size): string {
  const { x, log, smoothing, window } = model.curves
  const missing = curvesMissing(model, metrics)
  const { across, down } = gridFor(chartSpace(model, size), metrics.length)
  const hidden = metrics.length - across * down
  const told = [
    `over ${x}s`.replace('times', 'time'),
    smoothing > 0 ? `smoothed ${smoothing}` : 'not smoothed',
    ...(log ? ['logarithmic'] : []),
    ...(window.to - window.from < 1 ? [`${percent(window.from)} to ${percent(window.to)}`] : []),
    ...(x === 'epoch' && knownMetrics(model)?.includes('epoch') !== true ? ['no epochs were logged; x shows steps'] : []),
    ...(missing > 0 ? [`reading ${missing} curves`] : []),
  ]
  return apart(dim(told.join(' · ')), hidden > 0 ? dim(`${hidden} more need a larger window`) : '', size.columns)
}

const gap = 2

/** The charts in rows, as many as fit. */
function chartLines(charts: readonly LineChart[], size: Size): string[] {
  const { across, down } = gridFor(size, charts.length)
  const width = Math.floor((size.columns - gap * (across - 1)) / across)
  return Array.from({ length: down }, (_, row) => {
    const height = Math.floor(((row + 1) * size.rows) / down) - Math.floor((row * size.rows) / down)
    const beside = charts
      .slice(row * across, (row + 1) * across)
      .map((chart) => lineChart(chart, { columns: width, rows: height }))
    return Array.from({ length: height }, (_, i) =>
      sideBySide(
        beside.map((lines) => lines[i] ?? ''),
        width,
      ),
    )
  }).flat()
}

function sideBySide(texts: readonly string[], width: number): string {
  return texts.map((text, i) => (i < texts.length - 1 ? fitted(text, width) + ' '.repeat(gap) : text)).join('')
}

/** The attempts with their signs, in two lines at most. */
function legendLines(model: Model, columns: number): string[] {
  const attempts = comparedAttempts(model)
  const names = namesOf(attempts).map((name, i) => {
    const running = attempts[i]!.run.state === 'running' ? ' (running)' : ''
    return paintSeries(i, `${markOf(i)}\u00a0${harmless(name).replaceAll(' ', '\u00a0')}${running}`)
  })
  return wrapped(names.join('  '), columns).slice(0, 2)
}

function choiceLines(model: Model, known: readonly string[], size: Size): string[] {
  const shown = shownMetrics(model, chartSpace(model, size))
  const cursor = Math.min(model.curves.choosing ?? 0, known.length - 1)
  const height = size.rows - 2
  const top = Math.max(0, Math.min(known.length - height, cursor - (height >> 1)))
  const lines = known.slice(top, top + height).map((name, i) => {
    const line = `${shown.includes(name) ? '[x]' : '[ ]'} ${harmless(name)}`
    return top + i === cursor ? inverse(fitted(line, size.columns)) : cutTo(line, size.columns)
  })
  return [
    bold('Metrics to draw'),
    ...lines,
    dim(`${accented('space')} draws or leaves out, ${accented('m')} or ${accented('enter')} goes back to the curves`),
  ]
}

/** The charts that are shown, for a page. */
function curvesPage(model: Model, size: Size): string | undefined {
  const charts = curveCharts(model, shownMetrics(model, chartSpace(model, size)))
  return charts.length === 0 ? undefined : svgPage(charts.map(lineChartOnPage), namesOf(comparedAttempts(model)))
}

/** Every point of the metrics that are shown, as it was logged. */
function curvesTable(model: Model): Table | undefined {
  const right = { align: 'right' } as const
  const metrics = shownMetrics(model, chartSpace(model, bodySize(model.size)))
  const rows = metrics.flatMap((metric) =>
    wholeCurves(model, metric).flatMap(({ name, curve: { steps, values } }) =>
      Array.from(steps, (step, i) => [cell(metric), cell(name), cell(String(step)), cell(String(values[i]))]),
    ),
  )
  const columns = [{ title: 'metric' }, { title: 'attempt' }, { title: 'step', ...right }, { title: 'value', ...right }]
  return rows.length === 0 ? undefined : { columns, rows }
}
