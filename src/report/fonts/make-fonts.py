"""Cuts the report's fonts out of Noto's: what a student's report is written in, and the Chinese characters of names.

    python make-fonts.py NOTO_SANS NOTO_SANS_MONO NOTO_SANS_MATH NOTO_SANS_TC

The arguments are the unpacked npm packages @expo-google-fonts/noto-sans 0.4.2, noto-sans-mono 0.4.2, noto-sans-math 0.4.2 and
noto-sans-tc 0.4.3.
Made with fonttools 4.68.0. The fonts are under the SIL Open Font License (OFL.txt).
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter, load_font, save_font

here = Path(__file__).parent

# Latin, Greek, Cyrillic, punctuation, currency, letterlike, arrows, mathematical operators, shapes and ticks.
western = [
    (0x20, 0x24F), (0x300, 0x3FF), (0x400, 0x4FF), (0x1E00, 0x1EFF), (0x2000, 0x20BF),
    (0x2100, 0x22FF), (0x2500, 0x25FF), (0x2700, 0x27BF), (0xFFFD, 0xFFFD),
]  # fmt: skip

# What formulas need beside: accents, brackets, large operators, and the bold, italic, script and double-struck alphabets.
mathematical = [
    (0x20, 0xFF), (0x300, 0x36F), (0x391, 0x3F6), (0x2000, 0x209F), (0x2100, 0x21FF), (0x2200, 0x23FF), (0x27C0, 0x27FF),
    (0x2980, 0x29FF), (0x2A00, 0x2A1F), (0x1D400, 0x1D4CF), (0x1D538, 0x1D56B), (0x1D6A4, 0x1D7CB), (0x2713, 0x2717),
]  # fmt: skip

# Radicals that parents choose: man, woman, heart, sun, wood, water, fire, jade, bamboo, grass, metal. Unicode sorts by radical.
of_names = [
    (0x4EBA, 0x513E), (0x5973, 0x5B4F), (0x5FC3, 0x6207), (0x65E5, 0x66EF), (0x6728, 0x6B1F),
    (0x6C34, 0x7229), (0x7389, 0x74D9), (0x8278, 0x864C),
]  # fmt: skip

others_of_names = "堃喆峯碁銹裏墻恒粧嫺淼煊甯祐犇垚彧"  # in no part of Big5, or under other radicals


def within(ranges):
    return {code for first, last in ranges for code in range(first, last + 1)}


def big5(first, last):
    """The characters of Big5 from one lead byte to another: 0xa4 to 0xc6 are the common ones, 0xc9 to 0xf9 the rare."""
    trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    codes = (bytes([lead, trail]) for lead in range(first, last + 1) for trail in trails)
    return {ord(text) for text in (code.decode("big5", "ignore") for code in codes) if len(text) == 1}


def subset(source, codes, features):
    options = Options(hinting=False, layout_features=features, drop_tables=[*Options().drop_tables, "vhea", "vmtx", "VORG", "STAT"])
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    font = load_font(source, options)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    return font, options


def main(sans, mono, math, chinese):
    styles = {
        "noto-sans.ttf": f"{sans}/400Regular/NotoSans_400Regular.ttf",
        "noto-sans-bold.ttf": f"{sans}/700Bold/NotoSans_700Bold.ttf",
        "noto-sans-italic.ttf": f"{sans}/400Regular_Italic/NotoSans_400Regular_Italic.ttf",
        "noto-sans-mono.ttf": f"{mono}/400Regular/NotoSansMono_400Regular.ttf",
    }
    for name, source in styles.items():
        font, options = subset(source, within(western), ["kern", "mark", "mkmk", "ccmp", "locl", "tnum", "lnum"])
        save_font(font, here / name, options)
    font, options = subset(f"{math}/400Regular/NotoSansMath_400Regular.ttf", within(mathematical), ["*"])
    save_font(font, here / "noto-sans-math.ttf", options)
    punctuation = within([(0x3000, 0x303F), (0xFF00, 0xFF60)])
    names = (big5(0xC9, 0xF9) & within(of_names)) | {ord(character) for character in others_of_names}
    characters = big5(0xA4, 0xC6) | names | punctuation
    font, options = subset(f"{chinese}/400Regular/NotoSansTC_400Regular.ttf", characters, [])
    save_font(font, here / "noto-sans-tc.ttf", options)


if __name__ == "__main__":
    main(*sys.argv[1:])
