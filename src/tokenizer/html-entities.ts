// Character references of HTML as browsers and Python's `html.unescape` read them. Names are HTML 4's 252 and `apos`; HTML 5's two
// thousand further ones (mathematics) are left as they stand.
import { decodeWindows1252 } from './windows-1252.ts'

// U+00A0 to U+00FF in order. Like `amp`, `lt`, `gt` and `quot`, browsers read them without a semicolon too.
const LATIN_1 = `
  nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot
  cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml
  Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig
  agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute
  ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml`

// name:code point in hexadecimal
const OTHERS = `
  Alpha:391 Beta:392 Chi:3a7 Dagger:2021 Delta:394 Epsilon:395 Eta:397 Gamma:393 Iota:399 Kappa:39a Lambda:39b Mu:39c Nu:39d
  OElig:152 Omega:3a9 Omicron:39f Phi:3a6 Pi:3a0 Prime:2033 Psi:3a8 Rho:3a1 Scaron:160 Sigma:3a3 Tau:3a4 Theta:398 Upsilon:3a5
  Xi:39e Yuml:178 Zeta:396 alefsym:2135 alpha:3b1 and:2227 ang:2220 asymp:2248 bdquo:201e beta:3b2 bull:2022 cap:2229 chi:3c7
  circ:2c6 clubs:2663 cong:2245 crarr:21b5 cup:222a dArr:21d3 dagger:2020 darr:2193 delta:3b4 diams:2666 empty:2205 emsp:2003
  ensp:2002 epsilon:3b5 equiv:2261 eta:3b7 euro:20ac exist:2203 fnof:192 forall:2200 frasl:2044 gamma:3b3 ge:2265 hArr:21d4
  harr:2194 hearts:2665 hellip:2026 image:2111 infin:221e int:222b iota:3b9 isin:2208 kappa:3ba lArr:21d0 lambda:3bb lang:27e8
  larr:2190 lceil:2308 ldquo:201c le:2264 lfloor:230a lowast:2217 loz:25ca lrm:200e lsaquo:2039 lsquo:2018 mdash:2014 minus:2212
  mu:3bc nabla:2207 ndash:2013 ne:2260 ni:220b notin:2209 nsub:2284 nu:3bd oelig:153 oline:203e omega:3c9 omicron:3bf oplus:2295
  or:2228 otimes:2297 part:2202 permil:2030 perp:22a5 phi:3c6 pi:3c0 piv:3d6 prime:2032 prod:220f prop:221d psi:3c8 rArr:21d2
  radic:221a rang:27e9 rarr:2192 rceil:2309 rdquo:201d real:211c rfloor:230b rho:3c1 rlm:200f rsaquo:203a rsquo:2019 sbquo:201a
  scaron:161 sdot:22c5 sigma:3c3 sigmaf:3c2 sim:223c spades:2660 sub:2282 sube:2286 sum:2211 sup:2283 supe:2287 tau:3c4
  there4:2234 theta:3b8 thetasym:3d1 thinsp:2009 tilde:2dc trade:2122 uArr:21d1 uarr:2191 upsih:3d2 upsilon:3c5 weierp:2118
  xi:3be zeta:3b6 zwj:200d zwnj:200c`

const words = (list: string) => list.trim().split(/\s+/)

const legacy = new Map([
  ...words(LATIN_1).map((name, i) => [name, String.fromCodePoint(0xa0 + i)] as const),
  ...Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', AMP: '&', LT: '<', GT: '>', QUOT: '"', COPY: '©', REG: '®' }),
])
const named = new Map([
  ...legacy,
  ['apos', "'"],
  ...words(OTHERS).map((pair): [string, string] => {
    const [name = '', code = ''] = pair.split(':')
    return [name, String.fromCodePoint(parseInt(code, 16))]
  }),
])

/** Replaces every character reference, also those without a semicolon where browsers do: `&eacute`, `&notit` (¬it). */
export function unescapeHtml(text: string): string {
  return text.replace(/&(?:#\d+;?|#[xX][\da-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/g, (reference) => {
    const name = reference.slice(1)
    return name.startsWith('#') ? characterOf(numberOf(name.slice(1))) : (characterNamed(name) ?? reference)
  })
}

function numberOf(digits: string): number {
  return /^x/i.test(digits) ? parseInt(digits.slice(1), 16) : parseInt(digits, 10)
}

function characterNamed(name: string): string | undefined {
  const exact = name.endsWith(';') ? named.get(name.slice(0, -1)) : legacy.get(name)
  if (exact !== undefined) return exact
  for (let end = name.length - 1; end > 1; end--) {
    const begun = legacy.get(name.slice(0, end))
    if (begun !== undefined) return begun + name.slice(end)
  }
  return undefined
}

/** Replaces references that end in a semicolon, among them shouted ones: `&EACUTE;`. */
export function unescapeStrictHtml(text: string): string {
  return text.replace(/&#?[\da-zA-Z]{1,24};/g, (reference) => {
    const name = reference.slice(1, -1)
    if (name.startsWith('#')) return unescapeHtml(reference)
    const shouted = name === name.toUpperCase() ? named.get(name.toLowerCase())?.toUpperCase() : undefined
    return named.get(name) ?? shouted ?? reference
  })
}

function characterOf(code: number): string {
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return '\ufffd'
  const character = String.fromCodePoint(code)
  if (code >= 0x80 && code <= 0x9f) return decodeWindows1252(character)
  return isForbidden(code) ? '' : character
}

// control characters and code points that Unicode sets aside
function isForbidden(code: number): boolean {
  const control = code < 0x20 && !(code === 0x9 || code === 0xa || code === 0xc || code === 0xd)
  return control || code === 0x7f || (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe
}
