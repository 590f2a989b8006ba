// The words that the Stanford tokenizer 3.4.1 treats apart, found by giving it every string of one to five letters and the vocabularies of
// GPT-2 and CLIP, small and capital, in the contexts where the treatment differs (tests/parity/ptb/words.ts compares again). A letter in
// brackets is as written; of all others case does not matter.

const words = (list: string) => list.trim().split(/\s+/)

/** Keep their full stop, and the sentence may end there: before a capital the stop is written twice, `etc. . The`. */
export const endingAbbreviations: readonly string[] = words(`
  al ala apr ariz assn aug bhd bldg blvd bros calif co colo conn corp cos ct dak dec esq est etc ext feb fla fri ga inc ind intl jan jr jul
  jun kan kans ky ltd mar md mich minn mo mon mont neb nev nov oct okla penn ph\\.d plc ppt[e] ppt[e]s ppt[y] ppt[y]s pt[e] pt[e]s pt[y] pt[y]s rd rt sep sept
  seq sq sr sys tel tenn thu thur thurs tue tues univ va vt wed wis wisc wyo
  [A]rk [A]z [D]el [I]ll [L]a [M]ass [M]iss [O]re [P]a [T]ex [W]ash`)

/** Keep their full stop; a name or more follows. */
export const leadingAbbreviations: readonly string[] = words(`
  adj adm adv alex asst assoc atty attys ave brig capt cf cie cmdr col comdr cpl dept det dr drs elec ens ft gen gov govs hon insp invt jos lieut
  lt maj m[f]g mlle mme mr mrs ms msgr mt m[t]g natl pfc ph prof profs pres pvt rep reps rev sen sens sfc sgt spc st ste supt supts treas vs wm`)

/** Keep their full stop only before a number or one of `,;:`. */
export const numberAbbreviations: readonly string[] = words('art ca fig figs no nos op pp prop')

/** Begin a sentence after an acronym or an initial: `U.S. . The`. */
export const sentenceStarters: readonly string[] = words(`
  a about according additionally after an as at but earlier he her here however if in it last many more now once one other our she since
  so some such that the their then there these they this we what when while yet you`)

/** Words of two tokens, by where the second begins. */
export const contractedWords: Readonly<Record<string, number>> = { cannot: 3, gonna: 3, gotta: 3, lemme: 3, gimme: 3, wanna: 3 }

/** Single words although an apostrophe stands in them; ’ is any apostrophe, ' the typewriter's alone. */
export const apostropheWords: readonly string[] = words("e'er s'mores c'mon c’est li'l nat'l cap’n ev'ry ol’ dunkin’ nor'easter")
