// Hovering or focusing a word of a caption shows where the model looked when it chose that word; a click keeps the map, Escape lets it go.
'use strict'

for (const panel of document.querySelectorAll('.attention')) {
  const canvas = panel.querySelector('canvas')
  const image = panel.querySelector('img')
  const seen = panel.querySelector('.seen')
  const buttons = [...panel.querySelectorAll('.words button')]
  const { rows, columns, crop, colours } = JSON.parse(panel.dataset.layout)
  let kept

  function show(button) {
    for (const other of buttons) other.setAttribute('aria-pressed', String(other === button))
    panel.classList.toggle('looking', button !== undefined)
    seen.textContent = button === undefined ? '' : `${button.textContent}: ${button.dataset.note}`
    draw(button?.dataset.map)
  }

  function draw(map) {
    canvas.width = image.naturalWidth
    canvas.height = image.naturalHeight
    const context = canvas.getContext('2d')
    context.clearRect(0, 0, canvas.width, canvas.height)
    if (map === undefined) return
    const [left, top, width, height] = crop // shares of the image
    context.imageSmoothingQuality = 'high'
    context.beginPath()
    context.rect(left * canvas.width, top * canvas.height, width * canvas.width, height * canvas.height)
    context.clip()
    // The patches at the edge are drawn once more beyond it, so that smoothing does not fade them.
    const [across, down] = [(width * canvas.width) / columns, (height * canvas.height) / rows]
    context.drawImage(
      heat(map),
      left * canvas.width - across,
      top * canvas.height - down,
      across * (columns + 2),
      down * (rows + 2),
    )
  }

  /** A small canvas, one pixel for each patch and one around them. */
  function heat(map) {
    const values = Uint8Array.from(atob(map), (byte) => byte.charCodeAt(0))
    const small = document.createElement('canvas')
    small.width = columns + 2
    small.height = rows + 2
    const context = small.getContext('2d')
    const pixels = context.createImageData(small.width, small.height)
    for (let y = 0; y < small.height; y++)
      for (let x = 0; x < small.width; x++) {
        const row = Math.min(rows - 1, Math.max(0, y - 1))
        const column = Math.min(columns - 1, Math.max(0, x - 1))
        const level = values[row * columns + column] / 255
        const colour = colours[Math.round(level * (colours.length - 1))]
        pixels.data.set([...colour, 230 * Math.sqrt(level)], 4 * (y * small.width + x))
      }
    context.putImageData(pixels, 0, 0)
    return small
  }

  for (const [i, button] of buttons.entries()) {
    button.addEventListener('mouseenter', () => show(button))
    button.addEventListener('focus', () => show(button))
    button.addEventListener('click', () => show((kept = kept === button ? undefined : button)))
    button.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
      if (step === undefined) return
      event.preventDefault()
      buttons[(i + step + buttons.length) % buttons.length].focus()
    })
    button.addEventListener('blur', () => show(kept))
  }
  panel.querySelector('.words').addEventListener('mouseleave', () => show(kept))
  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') show((kept = undefined))
  })
}
