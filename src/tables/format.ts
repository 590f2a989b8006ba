// Numbers as people read them. All give an en dash where there is no number.

const none = '–'

/** `0.800` for (0.8, 3); never `-0.000`. */
export function fixed(value: number | undefined, digits: number): string {
  if (value === undefined || Number.isNaN(value)) return none
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞'
  const text = value.toFixed(digits)
  return Number(text) === 0 ? text.replace('-', '') : text
}

/** `1 234 567`, rounded to a whole number. */
export function thousands(value: number | undefined): string {
  return fixed(value, 0).replace(/\B(?=(?:\d{3})+$)/g, ' ')
}

/** `12.5 %` for (0.125, 1). */
export function percent(share: number | undefined, digits = 1): string {
  return share === undefined || Number.isNaN(share) ? none : `${fixed(share * 100, digits)} %`
}

/** `850 ms`, `3.2 s`, `45 s`, `1 min 05 s`, `2 h 03 min`, `1 d 04 h`, from seconds. */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return none
  if (seconds < 0.9995) return `${fixed(seconds * 1000, 0)} ms`
  if (seconds < 9.95 && !Number.isInteger(seconds)) return `${fixed(seconds, 1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`
  const hours = Math.round(seconds / 3600)
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`
}

/** `512 B`, `1.5 kB`, `5.6 GB`: powers of 1000, as disks and downloads are sold. */
export function bytes(count: number | undefined): string {
  if (count === undefined || !Number.isFinite(count)) return none
  if (count < 1000) return `${count} B`
  let size = count / 1000
  let unit = 0
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000
    unit++
  }
  return `${fixed(size, size < 99.95 ? 1 : 0)} ${units[unit]!}`
}

const units = ['kB', 'MB', 'GB', 'TB']

function twoDigits(n: number): string {
  return String(n).padStart(2, '0')
}
