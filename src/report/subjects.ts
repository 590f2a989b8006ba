// What a table of attempts can be of; a file of its own, so that help loads no more.

/** What is compared: ways of training, ways of asking, ways of decoding. */
export type Subject = 'attempts' | 'prompts' | 'decoding'

export const subjects: readonly Subject[] = ['attempts', 'prompts', 'decoding']

/** The kinds of run that a table of the subject shows. */
export const kindsOf: Readonly<Record<Subject, readonly string[]>> = {
  attempts: ['train', 'external'],
  prompts: ['classify'],
  decoding: ['decode'],
}
