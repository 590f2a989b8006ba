// The program in Ink: one Text for each line of the screen, keys by the names that the bindings have.
import { Text, useInput, type Key } from 'ink'
import { withoutColour } from './style.ts'
import { characters } from './text.ts'

export interface AppProps {
  readonly lines: readonly string[]
  /** False where NO_COLOR is set. */
  readonly colour: boolean
  readonly press: (key: string) => void
}

export function App({ lines, colour, press }: AppProps) {
  useInput((input, key) => keyNames(input, key).forEach(press))
  return lines.map((line, i) => (
    <Text key={i} wrap="truncate">
      {line === '' ? ' ' : colour ? line : withoutColour(line)}
    </Text>
  ))
}

const named: readonly (readonly [keyof Key, string])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'page up'],
  ['pageDown', 'page down'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  ['backspace', 'backspace'],
  ['delete', 'backspace'], // what most terminals send for the backspace key
]

/** The keys of one chunk of input: fast typing and pasting come as several characters. */
export function keyNames(input: string, key: Key): string[] {
  if (key.tab) return [key.shift ? 'shift+tab' : 'tab']
  const name = named.find(([flag]) => key[flag] === true)?.[1]
  if (name !== undefined) return [name]
  if (key.ctrl) return [`ctrl+${input}`]
  return characters(input).flatMap(characterName)
}

const controls: Readonly<Record<string, string>> = {
  ' ': 'space',
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\b': 'backspace',
  '\u007f': 'backspace',
  '\u001b': 'esc',
}

function characterName(character: string): string[] {
  const name = controls[character]
  if (name !== undefined) return [name]
  const code = character.charCodeAt(0)
  if (code >= 1 && code <= 26) return [`ctrl+${String.fromCharCode(96 + code)}`]
  return code < 32 ? [] : [character]
}
